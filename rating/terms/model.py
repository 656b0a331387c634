"""The typed model of instruments, clauses and effects.

One instrument is one file, one numbered clause one table in it, one computable meaning one effect.
The engine implements the effect types below; every party, state, date, rate and ratio is data in
them, so an amendment that nobody has seen yet is a new file and no new code.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from rating.terms.text import ScheduleRow, ScheduleTotals, TextDefinition, TextSchedule, TextSection

__all__ = [
    "WITHOUT_EFFECT",
    "Clause",
    "Effect",
    "Instrument",
    "Period",
    "Rate",
    "ScheduleRow",
    "ScheduleTotals",
]

WITHOUT_EFFECT = ("recital", "construction", "reservation", "signature", "heading", "representation", "operations")
"""Why a clause may have no computable effect: the word that stands in its ``why``."""

type_of_test = Literal["poi", "deot"]
Route = Literal["any", "direct", "tandem"]
Count = Annotated[int, msgspec.Meta(ge=0)]
Period = Literal["year", "quarter", "month"]
PartyKind = Literal["ilec", "clec", "ico", "cmrs", "ixc"]


class _Effect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="effect"):
    """What all effects share: nothing but the discriminating field `effect`."""


class _Dated(_Effect, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An effect that can be narrower in time and place than its instrument."""

    from_: date | None = msgspec.field(default=None, name="from")
    through: date | None = None
    states: tuple[str, ...] = ()


class TrafficGroup(_Effect, frozen=True, kw_only=True, tag="traffic_group", forbid_unknown_fields=True):
    """Names a set of classes that is priced or tested as one (SA 5.2)."""

    group: str
    classes: tuple[str, ...]
    with_isp: bool = False


class Rate(_Dated, frozen=True, kw_only=True, tag="rate", forbid_unknown_fields=True):
    """Price of a minute, a call, or one element of them, for a class or a group of classes.

    `traffic` is a class, a group that a `traffic_group` effect of the same instrument names, or
    ``isp_bound``. `reason` is the word that a statement line carries; empty means the class's own.
    `when` names an event that has to have happened first (XA 1.1's offer). `over_minutes` makes it a
    tier: it holds for the minutes of `traffic` that one party terminates for the other in a month beyond
    so many; rates of one `traffic` with different ones are the tiers of one price, the first over 0.
    """

    traffic: str
    per_minute: Decimal | None = None
    per_call: Decimal | None = None
    element: str = ""
    route: Route = "any"
    jurisdiction: Literal["any", "intrastate", "interstate"] = "any"
    payee: str = ""
    reason: str = ""
    when: str = ""
    over_minutes: Count = 0


class Exclude(_Effect, frozen=True, kw_only=True, tag="exclude", forbid_unknown_fields=True):
    """Classes that stand outside a group, and what governs them instead (SA 5.2.1-5.2.4, XA 2.5)."""

    classes: tuple[str, ...]
    outside: tuple[str, ...]
    governed_by: Literal["meet_point_billing", "switched_access", "base"]


class RateBy(_Effect, frozen=True, kw_only=True, tag="rate_by", forbid_unknown_fields=True):
    """Which place decides how a class is rated (SA 5.1)."""

    classes: tuple[str, ...]
    place: Literal["rate_centers", "routing_point"]


class Presumption(_Dated, frozen=True, kw_only=True, tag="presumption", forbid_unknown_fields=True):
    """What is terminated beyond `ratio` times what is originated is presumed `of` (XA 2.6).

    The first `floor_minutes` that are terminated in a month are never presumed, whatever is originated.
    """

    of: str
    base: tuple[str, ...]
    ratio: Decimal
    floor_minutes: Count = 0
    excess_only: bool = True
    not_for: tuple[PartyKind, ...] = ()
    period: Literal["month"] = "month"


class Rebuttal(_Effect, frozen=True, kw_only=True, tag="rebuttal", forbid_unknown_fields=True):
    """How a presumption is rebutted, and from when it is trued up (XA 2.6)."""

    of: str
    method: Literal["actual"] = "actual"
    true_up_from: Literal["filed"] = "filed"


class CapYear(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of a cap's schedule: the limit of a year as a multiple of an earlier period."""

    year: int
    onward: bool = False
    of: str
    times: tuple[Decimal, ...] = ()


class GrowthCap(_Dated, frozen=True, kw_only=True, tag="growth_cap", forbid_unknown_fields=True):
    """Limit on payable minutes in each period: a year's chained from a base period (XA 2.3), or so many `minutes`.

    With `scope` ``lata`` each LATA has a limit of its own.
    """

    of: str
    years: tuple[CapYear, ...] = ()
    minutes: Count | None = None
    counts_from: date
    period: Period = "year"
    scope: Literal["state", "lata"] = "state"
    excess: Literal["bill_and_keep"] = "bill_and_keep"
    not_for: tuple[PartyKind, ...] = ()


class NewMarket(_Dated, frozen=True, kw_only=True, tag="new_market", forbid_unknown_fields=True):
    """Places without exchange before a day are bill and keep (XA 2.4)."""

    of: str
    by: Literal["lata"] = "lata"
    exchanged_before: date
    becomes: Literal["bill_and_keep"] = "bill_and_keep"


class Eligibility(_Dated, frozen=True, kw_only=True, tag="eligibility", forbid_unknown_fields=True):
    """A payee earns a group's rate only if a test holds (SA 4.1, 4.4)."""

    test: type_of_test
    payee: str
    of: str
    satisfied_by: Literal["", "area", "tandem_option", "mileage"] = ""
    miles: Decimal | None = None
    share: Decimal | None = None
    months: int | None = None


class Waiver(_Dated, frozen=True, kw_only=True, tag="waiver", forbid_unknown_fields=True):
    """An eligibility test is off for an interval or a cause (SA 4.5, 4.6)."""

    of: tuple[type_of_test, ...]
    cause: Literal["new_interconnection", "incumbent_failure"]
    months: int | None = None


class SettlementDuty(_Dated, frozen=True, kw_only=True, tag="settlement_duty", forbid_unknown_fields=True):
    """Who must have an arrangement with whom before sending traffic on (A1 66.2.1)."""

    who: Literal["originator"]
    third_party: tuple[PartyKind, ...]
    exception: str


class Controls(_Dated, frozen=True, kw_only=True, tag="controls", forbid_unknown_fields=True):
    """The instrument wins conflicts over others (A1 3.1, SA 1.3-1.4, XA 1.3).

    `over` is ``base`` (the agreement it amends) or ``all``; `switch` names the policy that can
    turn the reading off.
    """

    over: Literal["base", "all"]
    unless: Literal["", "expressly_superseded"] = ""
    switch: str = ""


class Retroactive(_Effect, frozen=True, kw_only=True, tag="retroactive", forbid_unknown_fields=True):
    """From which day an instrument holds once its approval came after the base's (SA 1.5)."""

    upon: Literal["approved"]
    to: Literal["base_approved"]
    not_before: date
    not_before_signature_of: str = ""


class Contingent(_Effect, frozen=True, kw_only=True, tag="contingent", forbid_unknown_fields=True):
    """Provisional until an event, then trued up from a day (XA 4.1-4.2)."""

    upon: Literal["approved"]
    true_up_from: date


class EndsWith(_Effect, frozen=True, kw_only=True, tag="ends_with", forbid_unknown_fields=True):
    """Ends with another instrument (XA 4.3), or passes into its successor (SA 1.5)."""

    instrument: Literal["base"] = "base"
    survives_into_successor: bool = False


class LawChange(_Effect, frozen=True, kw_only=True, tag="law_change", forbid_unknown_fields=True):
    """What an order and a notice do to the affected provisions (SA 2.1, XA 4.6)."""

    notice: Literal["written_notice", "written_request"]
    takes_effect: Literal["notice", "notice_after_order_effective"]
    negotiation_days: int


class LawWaiver(_Dated, frozen=True, kw_only=True, tag="law_waiver", forbid_unknown_fields=True):
    """For which subjects rights under a change of law are waived, and what is excepted (SA 2.2, 2.3)."""

    subjects: tuple[str, ...]
    excepted_body: Literal["", "fcc"] = ""
    excepted_notice: Literal["", "written_request"] = ""
    not_before: date | None = None
    outcome_retroactive: bool = False
    not_waived: tuple[str, ...] = ()


class Segregate(_Effect, frozen=True, kw_only=True, tag="segregate", forbid_unknown_fields=True):
    """What a statement must show apart (XA 2.4.3)."""

    outcome: str
    apart_from: str


class Disclose(_Effect, frozen=True, kw_only=True, tag="disclose", forbid_unknown_fields=True):
    """What a statement must name (SA 5.3)."""

    classes: tuple[str, ...]
    what: Literal["originator"]


class Watch(_Effect, frozen=True, kw_only=True, tag="watch", forbid_unknown_fields=True):
    """A duty that is watched and reported, never priced (SA 4.3.2, 4.6.1, 4.6.2)."""

    code: str
    condition: str = ""
    days: int | None = None
    business_days: int | None = None
    trunks: int | None = None
    months: int | None = None


class Tag(_Effect, frozen=True, kw_only=True, tag="tag", forbid_unknown_fields=True):
    """A mark that travels with the minutes (SA 3.3, XA 3.1)."""

    when: Literal["voip"]
    tag: str


class Rounding(_Effect, frozen=True, kw_only=True, tag="rounding", forbid_unknown_fields=True):
    """How the agreement rounds before the line."""

    method: str


class UnidentifiedTerm(_Effect, frozen=True, kw_only=True, tag="unidentified", forbid_unknown_fields=True):
    """How the agreement prices traffic without a calling number."""

    measure: Literal["calls", "minutes"] = "calls"
    threshold: Decimal = Decimal("0.9")
    strict: bool = True
    spread_over: tuple[str, ...] = ()


class ReplaceSection(_Effect, frozen=True, kw_only=True, tag="replace_section", forbid_unknown_fields=True):
    """A section, subsection or recital of the base goes out and another comes in (A1 2, PA 1, 4).

    `sentences` are the new one's own words, where they are at hand; else it stands in paraphrase.
    """

    section: str
    paraphrase: str
    sentences: tuple[str, ...] = ()


class InsertDefinition(_Effect, frozen=True, kw_only=True, tag="insert_definition", forbid_unknown_fields=True):
    """A definition is inserted or amended, which of the two depends on the base (PA 2).

    `text` is the definition in its own words, where they are at hand.
    """

    section: str
    term: str
    paraphrase: str
    text: str = ""
    amend: Literal["insert", "amend", "depends_on_base"] = "depends_on_base"


class SubstituteWords(_Effect, frozen=True, kw_only=True, tag="substitute_words", forbid_unknown_fields=True):
    """Words that must match exactly once are replaced (PA 3)."""

    section: str
    find: str
    replace: str


class ReplaceSentence(_Effect, frozen=True, kw_only=True, tag="replace_sentence", forbid_unknown_fields=True):
    """One sentence of a section, counted from 1, is replaced (PA 5); `text` is the new one's own words."""

    section: str
    sentence: int
    paraphrase: str
    text: str = ""


class ReplaceSchedule(_Effect, frozen=True, kw_only=True, tag="replace_schedule", forbid_unknown_fields=True):
    """A schedule is replaced whole (PA 6)."""

    schedule: str
    rows: tuple[ScheduleRow, ...]
    totals: ScheduleTotals | None = None


class Survives(_Effect, frozen=True, kw_only=True, tag="survives", forbid_unknown_fields=True):
    """What the instrument does not touch stays in force (A1 3.1, PA 7, XA 4.4)."""

    what: str = "base"


Effect = (
    TrafficGroup
    | Rate
    | Exclude
    | RateBy
    | Presumption
    | Rebuttal
    | GrowthCap
    | NewMarket
    | Eligibility
    | Waiver
    | SettlementDuty
    | Controls
    | Retroactive
    | Contingent
    | EndsWith
    | LawChange
    | LawWaiver
    | Segregate
    | Disclose
    | Watch
    | Tag
    | Rounding
    | UnidentifiedTerm
    | ReplaceSection
    | InsertDefinition
    | SubstituteWords
    | ReplaceSentence
    | ReplaceSchedule
    | Survives
)


class Clause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A numbered part of an instrument: where it stands, what it says in other words, what it does."""

    ref: str
    says: str
    effects: tuple[Effect, ...] = ()
    why: str = ""

    @property
    def kind(self) -> Literal["effect", "watch", "none"]:
        """Whether the clause computes, is a duty that is watched, or has no computable effect."""
        if not self.effects:
            return "none"
        return "watch" if all(isinstance(effect, Watch) for effect in self.effects) else "effect"


class Switch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reading that the text leaves open: the policy's name and the clause that is open."""

    policy: str
    clause: str
    says: str


class Instrument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A base agreement, an amendment or a corporate document, clause by clause.

    `amends` is ``base`` for an amendment of the pair's interconnection agreement, the id of another
    instrument, or empty for a base agreement itself (`domain` ``base``). `signed` gives the day of
    each party's signature; `assumed` says in a sentence where one of the dates is not in the text.
    `text`, `definition` and `schedule` are its own text, where that is at hand to be operated on.
    """

    id: str
    title: str
    domain: Literal["traffic", "base", "corporate"]
    source: str
    parties: tuple[str, ...]
    states: tuple[str, ...] = ()
    amends: str = ""
    simultaneous_with: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    effective: date | None = None
    effective_through: date | None = None
    signed: dict[str, date] = {}
    assumed: str = ""
    illustrative: bool = False
    switches: tuple[Switch, ...] = ()
    clause: tuple[Clause, ...] = ()
    text: tuple[TextSection, ...] = ()
    definition: tuple[TextDefinition, ...] = ()
    schedule: tuple[TextSchedule, ...] = ()

    @property
    def has_text(self) -> bool:
        """Whether the instrument's own text is at hand."""
        return bool(self.text or self.definition or self.schedule)

    @property
    def known_from(self) -> date | None:
        """The day of the last signature: from then on the instrument is known (DOMAIN section 4)."""
        return max(self.signed.values(), default=None)
