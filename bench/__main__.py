"""`make bench`: everything that docs/benchmarks.md has figures of."""

from bench import latency, load, logs, startup, tls, web, whole

if __name__ == "__main__":
    tls.main()
    web.main()
    whole.main()
    startup.main()
    load.main()
    logs.main()
    latency.main()
