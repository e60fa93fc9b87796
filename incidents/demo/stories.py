"""What happened at Harbour Goods in the last month. Pure data: minutes count from the first alert."""

from dataclasses import dataclass, field
from enum import StrEnum


class Ending(StrEnum):
    RESOLVED = "resolved"
    FALSE_ALARM = "false_alarm"
    RECOVERED = "recovered"
    GOING_ON = "going_on"


@dataclass(frozen=True)
class Word:
    """Words to customers: at which minute, the step they read, the text, the component's status with it."""

    minute: int
    step: str
    text: str
    status: str = ""


@dataclass(frozen=True)
class Note:
    minute: int
    who: str
    text: str
    decision: bool = False


@dataclass(frozen=True)
class Story:
    """One incident. Its alert fired `hours_ago`; without an alert `teller` declared it."""

    hours_ago: float
    service: str
    alert: str
    summary: str
    severity: int
    ending: Ending
    answered_after: int = 3
    answered_by: str = ""
    minutes: int = 30
    title: str = ""
    words: tuple[Word, ...] = ()
    notes: tuple[Note, ...] = ()
    found_by: str = "monitoring"
    teller: str = ""
    found_via: str = ""
    tech_lead: str = ""
    comms: str = ""
    now_line: str = ""
    labels: dict[str, str] = field(default_factory=dict)


STORIES = (
    Story(
        hours_ago=706,
        service="Search",
        alert="SearchLatencyHigh",
        summary="Search answers slowly, 95th percentile 2.4 s",
        severity=3,
        ending=Ending.RECOVERED,
        answered_after=4,
        minutes=16,
    ),
    Story(
        hours_ago=655,
        service="Checkout",
        alert="CheckoutErrorRate",
        summary="One in five orders fails at the last step",
        severity=2,
        ending=Ending.RESOLVED,
        minutes=52,
        title="Orders fail at checkout",
        tech_lead="bram",
        comms="carla",
        words=(
            Word(
                9,
                "investigating",
                "Some orders fail at the last step. We are looking into it.",
                "partial_outage",
            ),
            Word(27, "identified", "A change of this morning is the cause. We are taking it back."),
            Word(44, "monitoring", "The change is back. Orders go through; we keep watching.", "operational"),
        ),
        notes=(
            Note(12, "bram", "Errors began with release 4.1, 08:52. All on the new address form."),
            Note(24, "bram", "Roll back 4.1; the form can wait.", decision=True),
        ),
    ),
    Story(
        hours_ago=598,
        service="Exports",
        alert="ExportQueueLong",
        summary="Exports wait longer than an hour",
        severity=3,
        ending=Ending.RESOLVED,
        answered_after=7,
        minutes=75,
        title="Exports are late",
        words=(
            Word(
                20, "investigating", "Exports take longer than usual. None is lost.", "degraded_performance"
            ),
        ),
        notes=(Note(31, "joost", "One customer asked for 1.2 million rows. Moved to a queue of its own."),),
    ),
    Story(
        hours_ago=541,
        service="Website",
        alert="CertificateExpires",
        summary="Certificate of www expires in 7 days",
        severity=3,
        ending=Ending.FALSE_ALARM,
        answered_after=6,
        minutes=9,
    ),
    Story(
        hours_ago=487,
        service="Payments API",
        alert="PaymentsDown",
        summary="Payments fail for all customers",
        severity=1,
        ending=Ending.RESOLVED,
        answered_after=2,
        minutes=41,
        title="Payments fail",
        tech_lead="noor",
        comms="carla",
        words=(
            Word(6, "investigating", "Payments fail for everybody. We are on it.", "major_outage"),
            Word(
                19,
                "identified",
                "Our payment provider has an outage in one region. We are moving to another.",
            ),
            Word(33, "monitoring", "Payments work again through another region.", "degraded_performance"),
        ),
        notes=(
            Note(8, "noor", "Provider times out from eu-west only; eu-central answers in 80 ms."),
            Note(14, "joost", "Switch all traffic to eu-central, accept the higher fee.", decision=True),
            Note(29, "noor", "Success rate back to 99.7 %."),
        ),
    ),
    Story(
        hours_ago=431,
        service="Website",
        alert="FrontPageSlow",
        summary="Front page takes 4 s in Spain",
        severity=3,
        ending=Ending.RECOVERED,
        minutes=14,
    ),
    Story(
        hours_ago=360,
        service="Checkout",
        alert="",
        summary="Discount codes are refused, says a customer",
        severity=2,
        ending=Ending.RESOLVED,
        found_by="customer",
        teller="carla",
        found_via="social media",
        answered_after=2,
        minutes=66,
        title="Discount codes are refused",
        tech_lead="eva",
        words=(
            Word(
                11, "investigating", "Discount codes are refused. Orders without one work.", "partial_outage"
            ),
            Word(
                58,
                "monitoring",
                "Codes work again. Write to us if yours was refused, we will add it.",
                "operational",
            ),
        ),
        notes=(
            Note(5, "carla", "Fourteen people wrote so far, all with codes that begin with HARBOUR."),
            Note(22, "eva", "The codes expired at midnight UTC instead of midnight in Lisbon."),
        ),
    ),
    Story(
        hours_ago=322,
        service="Search",
        alert="SearchIndexStale",
        summary="Search index is three hours old",
        severity=3,
        ending=Ending.RESOLVED,
        minutes=95,
        title="New products are missing from search",
        words=(
            Word(25, "investigating", "Products of today are missing from search.", "degraded_performance"),
        ),
        notes=(Note(40, "bram", "The indexer ran out of disk. Cleared old snapshots."),),
    ),
    Story(
        hours_ago=263,
        service="Payments API",
        alert="RefundQueueStuck",
        summary="Refunds are not sent",
        severity=2,
        ending=Ending.RESOLVED,
        answered_after=8,
        answered_by="noor",
        minutes=58,
        title="Refunds are late",
        words=(
            Word(17, "investigating", "Refunds are not sent at the moment. None is lost.", "partial_outage"),
            Word(49, "monitoring", "All waiting refunds are on their way.", "operational"),
        ),
        notes=(Note(26, "noor", "A refund of 0.00 blocked the queue. Skipped by hand."),),
    ),
    Story(
        hours_ago=214,
        service="Checkout",
        alert="CheckoutErrorRate",
        summary="Checkout errors above 1 %",
        severity=2,
        ending=Ending.FALSE_ALARM,
        answered_after=3,
        minutes=7,
    ),
    Story(
        hours_ago=158,
        service="Website",
        alert="WebsiteDown",
        summary="Website is not reachable",
        severity=1,
        ending=Ending.RESOLVED,
        answered_after=1,
        minutes=23,
        title="The website is not reachable",
        tech_lead="eva",
        comms="carla",
        words=(
            Word(5, "investigating", "The website is not reachable. We are on it.", "major_outage"),
            Word(16, "monitoring", "The website is back. We keep watching.", "operational"),
        ),
        notes=(
            Note(4, "eva", "Load balancer has no healthy backends since the 14:00 rollout."),
            Note(9, "anna", "Take the rollout back everywhere, then look.", decision=True),
        ),
    ),
    Story(
        hours_ago=97,
        service="Exports",
        alert="ExportFailures",
        summary="Exports to accounting fail",
        severity=3,
        ending=Ending.RECOVERED,
        minutes=18,
    ),
    Story(
        hours_ago=44,
        service="Payments API",
        alert="PaymentLatency",
        summary="Payments take 9 s",
        severity=2,
        ending=Ending.RESOLVED,
        minutes=37,
        title="Payments are slow",
        tech_lead="noor",
        words=(
            Word(
                8, "investigating", "Payments take longer than usual, and go through.", "degraded_performance"
            ),
            Word(30, "monitoring", "Payments are as fast as usual.", "operational"),
        ),
        notes=(Note(13, "noor", "A missing index since the morning's migration. Adding it."),),
    ),
    Story(
        hours_ago=0.45,
        service="Checkout",
        alert="CheckoutErrorRate",
        summary="Card payments fail for some customers",
        severity=2,
        ending=Ending.GOING_ON,
        answered_after=2,
        minutes=24,
        title="Some card payments fail",
        tech_lead="bram",
        comms="carla",
        now_line="Bram takes release 4.2 back, until we see errors fall",
        words=(
            Word(
                7,
                "investigating",
                "Some card payments fail. Other ways to pay work. We are looking into it.",
                "partial_outage",
            ),
            Word(18, "identified", "A change of this morning is the cause. We are taking it back."),
        ),
        notes=(
            Note(9, "bram", "Only cards with 3-D Secure fail; one in four of all payments."),
            Note(13, "eva", "Began 4 minutes after release 4.2. Same trace in all failures."),
            Note(16, "anna", "Take release 4.2 back now, look for the cause after.", decision=True),
        ),
        labels={"team": "shop", "region": "eu-west"},
    ),
)
