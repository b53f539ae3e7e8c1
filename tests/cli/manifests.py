"""What Kubernetes and GitHub take, as far as our manifests go, as JSON Schemas: fields that they do not know, or that
must be there, and the values of enumerations. After the Kubernetes API reference (batch/v1 CronJob, v1
PersistentVolumeClaim) and GitHub's workflow syntax.
"""

from typing import Any

Schema = dict[str, Any]


def _object(required: tuple[str, ...] = (), **properties: Schema) -> Schema:
    return {"type": "object", "required": list(required), "properties": properties, "additionalProperties": False}


def _list(item: Schema) -> Schema:
    return {"type": "array", "minItems": 1, "items": item}


def _one_of(*values: str) -> Schema:
    return {"enum": list(values)}


_TEXT: Schema = {"type": "string", "minLength": 1}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FLAG: Schema = {"type": "boolean"}
_LABELS: Schema = {"type": "object", "additionalProperties": _TEXT}
_NAME: Schema = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$"}
_QUANTITY: Schema = {"type": "string", "pattern": "^[0-9]+(m|Ki|Mi|Gi|Ti)?$"}
_RESOURCES = _object(
    requests={"type": "object", "additionalProperties": _QUANTITY},
    limits={"type": "object", "additionalProperties": _QUANTITY},
)
_META = _object(("name",), name=_NAME, labels=_LABELS)
_CONTAINER = _object(
    ("name", "image", "securityContext", "resources"),
    name=_NAME,
    image=_TEXT,
    command=_list(_TEXT),
    args=_list(_TEXT),
    env=_list(_object(("name",), name=_TEXT, value=_TEXT)),
    securityContext=_object(
        ("allowPrivilegeEscalation", "readOnlyRootFilesystem", "capabilities"),
        allowPrivilegeEscalation={"const": False},
        readOnlyRootFilesystem={"const": True},
        capabilities=_object(("drop",), drop={"const": ["ALL"]}),
    ),
    resources=_RESOURCES,
    volumeMounts=_list(_object(("name", "mountPath"), name=_NAME, mountPath=_TEXT, readOnly=_FLAG)),
)
_POD = _object(
    ("restartPolicy", "containers", "securityContext"),
    restartPolicy=_one_of("Never", "OnFailure"),
    automountServiceAccountToken={"const": False},
    securityContext=_object(
        ("runAsNonRoot", "seccompProfile"),
        runAsNonRoot={"const": True},
        runAsUser={"type": "integer", "minimum": 1},
        runAsGroup={"type": "integer", "minimum": 1},
        fsGroup={"type": "integer", "minimum": 1},
        seccompProfile=_object(("type",), type={"const": "RuntimeDefault"}),
    ),
    initContainers=_list(_CONTAINER),
    containers=_list(_CONTAINER),
    volumes=_list(
        _object(
            ("name",),
            name=_NAME,
            emptyDir=_object(sizeLimit=_QUANTITY),
            configMap=_object(("name",), name=_NAME),
            persistentVolumeClaim=_object(("claimName",), claimName=_NAME),
        )
    ),
)

CRON_JOB = _object(
    ("apiVersion", "kind", "metadata", "spec"),
    apiVersion={"const": "batch/v1"},
    kind={"const": "CronJob"},
    metadata=_META,
    spec=_object(
        ("schedule", "jobTemplate", "concurrencyPolicy"),
        schedule=_TEXT,
        timeZone={"const": "Etc/UTC"},
        concurrencyPolicy={"const": "Forbid"},
        startingDeadlineSeconds={"type": "integer", "minimum": 10},
        successfulJobsHistoryLimit=_COUNT,
        failedJobsHistoryLimit=_COUNT,
        jobTemplate=_object(
            ("spec",),
            spec=_object(
                ("template",),
                backoffLimit=_COUNT,
                activeDeadlineSeconds=_COUNT,
                template=_object(("spec",), metadata=_object(labels=_LABELS), spec=_POD),
            ),
        ),
    ),
)
"""With what a hardened pod must have besides."""

VOLUME_CLAIM = _object(
    ("apiVersion", "kind", "metadata", "spec"),
    apiVersion={"const": "v1"},
    kind={"const": "PersistentVolumeClaim"},
    metadata=_META,
    spec=_object(
        ("accessModes", "resources"),
        accessModes=_list(_one_of("ReadWriteOnce", "ReadWriteOncePod", "ReadOnlyMany", "ReadWriteMany")),
        resources=_RESOURCES,
    ),
)

_STEP: Schema = {
    "type": "object",
    "properties": {
        "uses": {"type": "string", "pattern": "^actions/[a-z/-]+@v[0-9]+$"},
        "run": _TEXT,
        "if": _TEXT,
        "with": {"type": "object"},
    },
    "additionalProperties": False,
    "oneOf": [{"required": ["uses"]}, {"required": ["run"]}],
}
WORKFLOW = _object(
    ("on", "permissions", "jobs"),
    name=_TEXT,
    on=_object(("schedule", "workflow_dispatch"), schedule=_list(_object(("cron",), cron=_TEXT)), workflow_dispatch={}),
    permissions=_object(contents={"const": "read"}),
    concurrency={
        "type": "object",
        "required": ["group"],
        "properties": {"group": _TEXT, "cancel-in-progress": {"const": False}},
        "additionalProperties": False,
    },
    jobs={
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "required": ["runs-on", "steps", "timeout-minutes"],
            "properties": {
                "runs-on": _TEXT,
                "timeout-minutes": {"type": "integer", "minimum": 1, "maximum": 360},
                "steps": _list(_STEP),
            },
            "additionalProperties": False,
        },
    },
)
"""With the least permissions, and no run that another one cancels."""
