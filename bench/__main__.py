"""`make bench`: everything that docs/benchmarks.md has figures of."""

from bench import latency, load, startup, tls, whole

if __name__ == "__main__":
    tls.main()
    whole.main()
    startup.main()
    load.main()
    latency.main()
