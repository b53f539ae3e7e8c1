"""`make bench`: everything that docs/benchmarks.md has figures of."""

from bench import startup, tls, whole

if __name__ == "__main__":
    tls.main()
    whole.main()
    startup.main()
