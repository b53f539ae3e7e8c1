"""Which of nginx's directives are run, and what becomes of the others.

What is not named here is left out: it decides nothing that is judged, and nothing that is unknown is run.
"""

BLOCKS = frozenset({"http", "server", "location", "if"})

TABLES = frozenset({"map", "geo", "split_clients", "types", "charset_map"})
"""Blocks whose content are values, not directives."""

KEPT = frozenset({
    "absolute_redirect", "add_header", "add_trailer", "break", "charset", "charset_types",
    "chunked_transfer_encoding", "client_body_buffer_size", "client_header_buffer_size", "client_max_body_size",
    "default_type", "empty_gif", "error_page", "etag", "expires", "gzip", "gzip_types", "gzip_vary", "http2",
    "ignore_invalid_headers", "internal", "keepalive_timeout", "large_client_header_buffers", "log_not_found",
    "map_hash_bucket_size", "map_hash_max_size", "max_ranges", "merge_slashes", "proxy_hide_header",
    "proxy_http_version", "proxy_intercept_errors", "proxy_pass_header", "proxy_redirect", "recursive_error_pages",
    "return", "rewrite", "server_name", "server_name_in_redirect", "server_names_hash_bucket_size",
    "server_names_hash_max_size", "server_tokens", "set", "ssl", "ssl_buffer_size", "ssl_ciphers", "ssl_early_data",
    "ssl_ecdh_curve", "ssl_prefer_server_ciphers", "ssl_protocols", "ssl_reject_handshake", "ssl_session_cache",
    "ssl_session_tickets", "ssl_session_timeout", "ssl_verify_client", "ssl_verify_depth", "sub_filter",
    "sub_filter_once", "sub_filter_types", "try_files", "types_hash_bucket_size", "types_hash_max_size",
    "underscores_in_headers", "variables_hash_bucket_size", "variables_hash_max_size",
})  # fmt: skip

KEPT_IN_STREAM = KEPT | {"preread_buffer_size", "ssl_alpn", "ssl_preread"}

PASSES = frozenset({"proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass"})
"""What hands a request to an application, which a stand-in answers for here."""

CONFIGURES = frozenset({
    "ciphersuites", "cipherstring", "options", "curves", "groups", "minprotocol", "maxprotocol",
    "signaturealgorithms", "numtickets",
})  # fmt: skip
"""The commands of ssl_conf_command (SSL_CONF_cmd(3)) that read no file and load no code."""

RUNS_CODE = frozenset({
    "load_module", "ssl_engine", "env", "perl", "perl_modules", "perl_require", "perl_set", "google_perftools_profiles",
    "passenger_enabled", "passenger_root", "unit_exec", "exec", "dav_methods", "proxy_store", "fastcgi_store",
    "uwsgi_store", "scgi_store",
})  # fmt: skip
"""What loads or runs code, or lets a request write files."""

CODE_PREFIXES = ("lua_", "js_", "init_by_lua", "passenger_", "php_")


STREAM_MODULE = "ngx_stream_module.so"
"""Of the modules that a configuration loads, the one that is known: the daemon's own is loaded in its place."""


def runs_code(name: str) -> bool:
    return name in RUNS_CODE or name.startswith(CODE_PREFIXES) or "_by_lua" in name
