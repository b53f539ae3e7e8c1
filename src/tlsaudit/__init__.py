"""tlsaudit audits how a fleet encrypts and holds the result against a dated timetable of goals."""
