from django.db import models
from django.utils.translation import gettext_lazy as _

from config.tenancy import links
from config.tenancy.constraints import SameTenant, tenant_key
from config.tenancy.doors import page_token
from config.tenancy.models import Membership, TenantModel
from oncall.models.escalation import Escalation


class Page(TenantModel):
    """One person called for one escalation: one link, whatever the number of mails that carry it.

    A Door of kind PAGE leads here (row_id is this row's id). `first_sent_at` is when the first send began.
    `last_sent_at` opens the window in which lesser pages to the same person fold into this one.
    """

    escalation = models.ForeignKey(
        Escalation, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="pages"
    )
    membership = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        verbose_name=_("member"),
    )
    created_at = models.DateTimeField(_("called"))
    first_sent_at = models.DateTimeField(_("first sent"), null=True)
    last_sent_at = models.DateTimeField(_("last sent"), null=True)
    expires_at = models.DateTimeField(_("link expires"))

    class Meta:
        constraints = [
            tenant_key("oncall_page_tenant_key"),
            SameTenant("escalation", name="oncall_page_escalation_same_tenant"),
            SameTenant("membership", name="oncall_page_membership_same_tenant"),
            models.UniqueConstraint(fields=["tenant", "escalation", "membership"], name="oncall_page_once"),
        ]
        indexes = [
            models.Index(fields=["tenant", "membership", "last_sent_at"], name="oncall_page_to_person"),
            models.Index(fields=["tenant", "created_at"], name="oncall_page_called"),
        ]
        verbose_name = _("page")
        verbose_name_plural = _("pages")

    def __str__(self) -> str:
        return str(self.membership)

    @property
    def token(self) -> str:
        """The 12 characters of its link."""
        return page_token("page", self.pk)

    @property
    def url(self) -> str:
        return links.page(self.token)
