from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Ristoro"

    def ready(self):
        # The checks look at models, which are there only now.
        autodiscover_modules("checks_outside", "checks_storage")
