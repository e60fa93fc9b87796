from config.tenancy.models.apikey import ApiKey
from config.tenancy.models.base import TenantModel
from config.tenancy.models.door import Door, DoorKind
from config.tenancy.models.mail import KeptMail, OutgoingMail
from config.tenancy.models.membership import Membership
from config.tenancy.models.pulse import Pulse
from config.tenancy.models.team import Team, TeamMember
from config.tenancy.models.tenant import Tenant, TenantSettings
from config.tenancy.models.throttle import Throttle
from config.tenancy.models.user import User

__all__ = [
    "ApiKey",
    "Door",
    "DoorKind",
    "KeptMail",
    "Membership",
    "OutgoingMail",
    "Pulse",
    "Team",
    "TeamMember",
    "Tenant",
    "TenantModel",
    "TenantSettings",
    "Throttle",
    "User",
]
