from statuspage.models.component import Component, ComponentGroup, ComponentInterval
from statuspage.models.notice import Notice, Update, UpdateComponent
from statuspage.models.page import StatusPage

__all__ = [
    "Component",
    "ComponentGroup",
    "ComponentInterval",
    "Notice",
    "StatusPage",
    "Update",
    "UpdateComponent",
]
