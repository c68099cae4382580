"""A plan as an iCalendar file: an event for each launch month and landing, and for each milestone."""

from collections.abc import Mapping, Sequence

from moonstation.campaign.plan import Flight, Plan
from moonstation.formats.icalendar import Event, calendar_text
from moonstation.report.campaign_picture import first_day, payload_words
from moonstation.report.wording import number


def campaign_calendar(
    plan: Plan, *, title: str, names: Mapping[str, str], milestones: Sequence[tuple[str, int]] = ()
) -> str:
    """Write a plan as the text of an iCalendar file.

    A plan knows months: each event lasts for the month that it stands for, and says so.

    Parameters
    ----------
    plan : Plan
        The plan.
    title : str
        Name of the station.
    names : mapping of str to str
        Names by id.
    milestones : sequence of (str, int)
        Words of each milestone and the month at whose end it is asked for.
    """
    events = [event for flight in plan.flights for event in _of_flight(plan, flight, names)]
    events += [
        Event(
            start=first_day(plan, month),
            stop=first_day(plan, month + 1),
            summary=f"Milestone: {words}",
            description="Asked for by the end of this month.",
        )
        for words, month in milestones
    ]
    return calendar_text(events, name=f"{title}: campaign", stamp=first_day(plan, 0))


def _of_flight(plan: Plan, flight: Flight, names: Mapping[str, str]) -> list[Event]:
    launcher, lander = names.get(flight.launcher, flight.launcher), names.get(flight.lander, flight.lander)
    pad, partner = names.get(flight.pad, flight.pad), names.get(flight.partner, flight.partner)
    cargo = payload_words(flight, names, 99)
    events = []
    for number_of, month in enumerate(flight.launch_months[:-1], start=1):
        events.append(
            Event(
                start=first_day(plan, month),
                stop=first_day(plan, month + 1),
                summary=f"Launch {number_of} of {len(flight.launch_months)}: {launcher} for {lander}",
                description=f"In this month, for {partner}.",
                location=pad,
            )
        )
    lines = [
        "In this month.",
        f"Partner: {partner}",
        f"Lander: {lander}",
        f"Lands: {cargo}",
        f"{number(flight.tli_mass, 4)} kg towards the Moon, {number(flight.landed_mass, 4)} kg landed",
    ]
    events.append(
        Event(
            start=first_day(plan, flight.month),
            stop=first_day(plan, flight.month + 1),
            summary=f"Launch and landing: {launcher}, {payload_words(flight, names, 3)}",
            description="\n".join(lines),
            location=pad,
        )
    )
    return events
