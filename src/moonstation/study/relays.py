"""What each relay does for each site, and what is lost without it."""

from dataclasses import dataclass

from moonstation.spacetime.events import clip, total
from moonstation.station.model import Station
from moonstation.study.links import Links
from moonstation.study.metrics import LinkFigures, link_figures


@dataclass(frozen=True)
class RelayRole:
    """One relay and one site.

    Attributes
    ----------
    site, relay : str
        Ids.
    seen : float
        Share of the span in which the site sees the relay.
    passed_on : float
        Share of the span in which the relay sees a ground station at the same time.
    carried : float
        The same as share of the time in which the Earth is reached by any way; of several at once each counts. 0 where
        it is never reached.
    reach, without : LinkFigures
        The Earth is reached, directly or through a relay: with all relays, and with all but this one.
    """

    site: str
    relay: str
    seen: float
    passed_on: float
    carried: float
    reach: LinkFigures
    without: LinkFigures


def relay_roles(station: Station, links: Links, *, start: float, stop: float) -> list[RelayRole]:
    """Every relay for every site, in their order.

    Parameters
    ----------
    station : Station
        Gives the sites.
    links : Links
        Windows of all links.
    start, stop : float
        The span [s, TDB past J2000].
    """
    roles = []
    for site in station.sites:
        reach = link_figures(links.to_earth(site.id), start=start, stop=stop)
        for relay in links.relays:
            passed_on = float(total(clip(links.through(site.id, relay), start, stop))) / (stop - start)
            roles.append(
                RelayRole(
                    site=site.id,
                    relay=relay,
                    seen=link_figures(links.to_relay(site.id, relay), start=start, stop=stop).share,
                    passed_on=passed_on,
                    carried=passed_on / reach.share if reach.share > 0.0 else 0.0,
                    reach=reach,
                    without=link_figures(links.to_earth(site.id, without=relay), start=start, stop=stop),
                )
            )
    return roles
