"""Muster's settings: one file, read from the environment by config.env, the same in tests and production.

Nothing here needs to be edited. README "Settings" lists the environment variables.
"""

from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF

from config import env
from config.embedded import addresses, secrets
from config.logs import logging_config

BASE_DIR = env.PROJECT
DATA_DIR = env.data_dir()
KEPT = secrets.load(DATA_DIR)

SECRET_KEY = env.text("SECRET_KEY") or KEPT.secret_key
# Apart from SECRET_KEY, so that signing keys can change without losing what is stored. The first encrypts.
ENCRYPTION_KEYS = env.words("ENCRYPTION_KEYS") or [KEPT.encryption_key]
DEBUG = env.flag("DEBUG")

BASE_URL = env.url("BASE_URL", "http://127.0.0.1:8000", ("http", "https")).rstrip("/")
_base = urlsplit(BASE_URL)
SECURE = _base.scheme == "https"
# The host middleware decides (proved status page hosts come from the database), Django lets all pass.
ALLOWED_HOSTS = ["*"]
APPLICATION_HOSTS = env.words("ALLOWED_HOSTS", (_base.hostname or "", "127.0.0.1", "localhost", "[::1]"))
# How many proxies of our own stand in front: the n-th entry of X-Forwarded-For from the right is the client.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0)
CSRF_TRUSTED_ORIGINS = [f"{_base.scheme}://{_base.netloc}"]

# --- apps ---------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "config",
    "config.tenancy",
    "oncall",
    "statuspage",
    "incidents",
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "simple_history",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_htmx",
    "csp",
]
MIDDLEWARE = [
    "config.hosts.HostMiddleware",
    "config.tenancy.middleware.TenantPrefixMiddleware",
    "config.hosts.HttpsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "config.machines.MachineMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.tenancy.middleware.TenantBindingMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
TENANT_URLCONF = "config.urls_tenant"
PUBLIC_URLCONF = "config.urls_public"
# Where programs post, without session, cookie or language: the short way to the view (config.machines).
MACHINE_PATHS = ("/v2/", "/ingest/", "/hooks/", "/generic/")
MACHINE_URLCONF = "incidents.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "config.tenancy.context.tenant",
            ],
        },
    },
]

# --- where things are kept ----------------------------------------------------------------------------------
DATABASES = {"default": env.database(env.text("DATABASE_URL") or addresses.database_url(DATA_DIR))}
# With the pool a connection goes back after each request; connection_created, at each checkout, binds it.
DATABASES["default"] |= {"CONN_MAX_AGE": 0, "CONN_HEALTH_CHECKS": True}
DATABASES["default"]["OPTIONS"] |= {  # type: ignore[operator]
    "pool": {"min_size": 1, "max_size": 24, "timeout": 5, "reconnect_timeout": 5},
}
REDIS_URL = env.url("REDIS_URL", addresses.redis_url(DATA_DIR), ("redis", "rediss", "unix"))
MEDIA_ROOT = DATA_DIR / "media"
STATUS_PUBLISH_DIR = DATA_DIR / "published"
STATUS_PRIVATE_DIR = DATA_DIR / "published-private"
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# --- people -------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "tenancy.User"
AUTHENTICATION_BACKENDS = ["config.tenancy.backends.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/admin/"
PASSWORD_RESET_TIMEOUT = 3600
SESSION_COOKIE_AGE = 30 * 24 * 3600  # a device stays signed in for 30 days
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "muster_session"
CSRF_COOKIE_NAME = "muster_csrf"
CSRF_COOKIE_HTTPONLY = True

# --- mail ---------------------------------------------------------------------------------------------------
EMAIL_URL = env.text("EMAIL_URL")
if EMAIL_URL:
    globals().update(env.mail(EMAIL_URL))
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
else:
    EMAIL_BACKEND = "config.tenancy.mail.KeepingBackend"
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"Muster <muster@{_base.hostname}>")
# The class that mirrors topics and statuses to a chat (incidents.chat); none: Muster works whole without.
CHAT_VENDOR = env.dotted("CHAT_VENDOR")
# Hosts and networks that webhooks may reach although they are not public (config.tenancy.outbound).
WEBHOOK_ALLOW = env.words("MUSTER_WEBHOOK_ALLOW")

# --- text messages, calls, push (oncall.senders) ------------------------------------------------------------
# Any service with Twilio's API; without an account nobody is texted or called.
TWILIO_URL = env.url("TWILIO_URL", "https://api.twilio.com", ("http", "https")).rstrip("/")
TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, _number = env.all_or_none(
    "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"
)
TWILIO_FROM = env.phone_number("TWILIO_FROM", _number)
# Where a push contact names a topic only.
NTFY_URL = env.url("NTFY_URL", "https://ntfy.sh", ("http", "https")).rstrip("/")

# --- words and time -----------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("nl", "Nederlands")]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- headers ------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE
SECURE_SSL_REDIRECT = False  # HttpsMiddleware does: a POST over http is refused in words, never redirected
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    },
}
# Ingest takes 524,288 bytes and reads the stream itself; this bounds every other address.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
INGEST_MAX_BYTES = 524_288
# Events a minute of all alert sources of a tenant; above it new alerts come together (incidents.limits).
INGEST_TENANT_PER_MINUTE = env.number("INGEST_TENANT_PER_MINUTE", 6000)
FILE_UPLOAD_HANDLERS = [
    "config.uploads.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
SILENCED_SYSTEM_CHECKS: list[str] = [
    "auth.W004",  # User.email is unique, by a constraint over its lower-case form
    "security.W008",  # SECURE_SSL_REDIRECT: HttpsMiddleware redirects GET and HEAD, refuses a POST in words
]

# --- API ----------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.tenancy.api.authentication.BoundKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["config.tenancy.api.permissions.BoundTenantPermission"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "config.tenancy.api.pagination.NewestFirst",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.tenancy.api.errors.answer_error",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Muster API",
    "DESCRIPTION": "Incidents, alerts, on-call and status pages of one tenant. The key decides the tenant.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "DEFAULT_GENERATOR_CLASS": "config.tenancy.api.schema.Generator",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # Choices stand where they are used: named ones need an entry here for every two fields called "status".
    "POSTPROCESSING_HOOKS": [],
}

# --- work ---------------------------------------------------------------------------------------------------
# config.celery reads these. Redis only rings the bell: what is due stands in PostgreSQL.
CELERY_BROKER_URL = addresses.celery_broker_url(REDIS_URL)
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 5
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "clock"
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "clock.tick", "schedule": 1.0, "options": {"expires": 2.0, "queue": "clock"}},
}

LOGGING_CONFIG = None
LOGGING = logging_config(env.text("LOG_LEVEL", "INFO"))
METRICS_TOKEN = env.text("METRICS_TOKEN")
