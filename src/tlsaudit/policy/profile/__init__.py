"""Published guidelines: what each asks for, rule by rule with its source, and how that is held against evidence."""

from tlsaudit.policy.profile.evaluate import Assessment, assess, tiers_of_served
from tlsaudit.policy.profile.kinds import KINDS, Judged
from tlsaudit.policy.profile.lines import SERVERS, lines_of_tier, ready_lines
from tlsaudit.policy.profile.load import ProfileError, profiles, read_profile
from tlsaudit.policy.profile.look import Look
from tlsaudit.policy.profile.model import Profile, ProfileRule, Standing, Tier

__all__ = [
    "KINDS",
    "SERVERS",
    "Assessment",
    "Judged",
    "Look",
    "Profile",
    "ProfileError",
    "ProfileRule",
    "Standing",
    "Tier",
    "assess",
    "lines_of_tier",
    "profiles",
    "read_profile",
    "ready_lines",
    "tiers_of_served",
]
