from config.tenancy.models.apikey import ApiKey
from config.tenancy.models.base import TenantModel
from config.tenancy.models.door import Door, DoorKind
from config.tenancy.models.mail import KeptMail
from config.tenancy.models.membership import Membership
from config.tenancy.models.team import Team, TeamMember
from config.tenancy.models.tenant import Tenant, TenantSettings
from config.tenancy.models.user import User

__all__ = [
    "ApiKey",
    "Door",
    "DoorKind",
    "KeptMail",
    "Membership",
    "Team",
    "TeamMember",
    "Tenant",
    "TenantModel",
    "TenantSettings",
    "User",
]
