"""What one part of a run has taken of memory is not to stand beside what the next takes."""


def give_back() -> None:
    """Give the system what C code has freed, between parts of a run. glibc would keep it for C code, since it lies
    between what is still needed, and Python, which asks the system itself, could not use it.
    """
    import ctypes

    if trim := getattr(ctypes.CDLL(None), "malloc_trim", None):
        trim(0)
