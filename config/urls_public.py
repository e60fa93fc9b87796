from django.urls import URLPattern, URLResolver

handler500 = "config.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = []
