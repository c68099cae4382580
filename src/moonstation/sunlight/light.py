"""Sun and Earth at a site: where they stand and how much of each disc is seen."""

from dataclasses import dataclass

from moonstation.arrays import FloatArray
from moonstation.spacetime.directions import angular_radius, apparent_directions
from moonstation.spacetime.ephemerides import Ephemeris
from moonstation.spacetime.sites import Site
from moonstation.sunlight.disc import visible_share
from moonstation.sunlight.eclipse import eclipsed_share, separation
from moonstation.terrain.horizons import Horizon


@dataclass(frozen=True)
class SiteLight:
    """Apparent Sun and Earth at a site, before any terrain.

    Computed once for a site; every height of mast and every horizon is then a look-up. A mast does not move
    the directions: 100 m of height is 3e-7 rad of parallax of the Earth.

    Attributes
    ----------
    site : Site
        The place.
    et : (n,) array
        Epochs, TDB seconds past J2000.
    azimuth, elevation : (n,) array
        Apparent centre of the Sun [rad]; azimuth clockwise from north, elevation above the local horizontal
        of the 1737.4 km sphere.
    radius : (n,) array
        Angular radius of the Sun [rad].
    distance : (n,) array
        Distance of the Sun [m].
    eclipsed : (n,) array
        Share of the solar disc that the Earth hides, 0 to 1.
    earth_azimuth, earth_elevation, earth_radius : (n,) array
        The Earth likewise [rad].
    earth_distance : (n,) array
        Distance of the Earth's centre [m].
    """

    site: Site
    et: FloatArray
    azimuth: FloatArray
    elevation: FloatArray
    radius: FloatArray
    distance: FloatArray
    eclipsed: FloatArray
    earth_azimuth: FloatArray
    earth_elevation: FloatArray
    earth_radius: FloatArray
    earth_distance: FloatArray

    def sun_fraction(self, horizon: Horizon, height: float, *, eclipses: bool = True) -> FloatArray:
        """Share of the solar disc that is seen over the terrain, 1 when the whole of it is.

        While the Earth hides part of a Sun that is also partly set, the share is the product of the two
        visible shares. That is exact if either is 0 or 1, and otherwise off by at most the smaller of the two
        hidden shares: the hidden parts may lie over each other or apart. It is dark only where one of the two
        alone makes it so. Both at once is rare: eclipses come about twice a year for a few hours.

        Parameters
        ----------
        horizon : Horizon
            Terrain horizon of this site.
        height : float
            Height above ground [m], within those of the horizon.
        eclipses : bool
            Whether the Earth's shadow counts.

        Returns
        -------
        (n,) array
            0 to 1.

        Raises
        ------
        RequestError
            If the horizon does not hold for this height.
        """
        seen = visible_share(self.elevation, horizon.at(self.azimuth, height=height), self.radius)
        return seen * (1.0 - self.eclipsed) if eclipses else seen

    def earth_fraction(self, horizon: Horizon, height: float) -> FloatArray:
        """Share of the Earth's disc (lit or not) that is seen over the terrain.

        Parameters
        ----------
        horizon : Horizon
            Terrain horizon of this site.
        height : float
            Height above ground [m], within those of the horizon.

        Returns
        -------
        (n,) array
            0 to 1.

        Raises
        ------
        RequestError
            If the horizon does not hold for this height.
        """
        return visible_share(
            self.earth_elevation, horizon.at(self.earth_azimuth, height=height), self.earth_radius
        )


def site_light(site: Site, et: FloatArray, *, ephemeris: Ephemeris | None = None) -> SiteLight:
    """Apparent Sun and Earth at a site (light time and stellar aberration), and eclipses of the Sun.

    Parameters
    ----------
    site : Site
        The place.
    et : (n,) array
        Epochs, TDB seconds past J2000.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Raises
    ------
    CoverageError
        If the ephemeris does not reach over the epochs.
    """
    sun = apparent_directions(site, "sun", et, ephemeris=ephemeris)
    earth = apparent_directions(site, "earth", et, ephemeris=ephemeris)
    sun_radius = angular_radius("sun", sun.distance)
    earth_radius = angular_radius("earth", earth.distance)
    apart = separation(sun.azimuth, sun.elevation, azimuth_b=earth.azimuth, elevation_b=earth.elevation)
    return SiteLight(
        site=site,
        et=et,
        azimuth=sun.azimuth,
        elevation=sun.elevation,
        radius=sun_radius,
        distance=sun.distance,
        eclipsed=eclipsed_share(apart, sun_radius, earth_radius=earth_radius),
        earth_azimuth=earth.azimuth,
        earth_elevation=earth.elevation,
        earth_radius=earth_radius,
        earth_distance=earth.distance,
    )


def sun_fraction(
    site: Site,
    horizon: Horizon,
    et: FloatArray,
    *,
    height: float,
    eclipses: bool = True,
    ephemeris: Ephemeris | None = None,
) -> FloatArray:
    """Share of the solar disc that is seen from a site over its terrain, 1 when the whole of it is.

    `site_light` gives directions once for several heights; this does all in one call.

    Parameters
    ----------
    site : Site
        The place.
    horizon : Horizon
        Its terrain horizon.
    et : (n,) array
        Epochs, TDB seconds past J2000.
    height : float
        Height above ground [m].
    eclipses : bool
        Whether the Earth's shadow counts.
    ephemeris : Ephemeris, optional
        The packaged DE440 if not given.

    Returns
    -------
    (n,) array
        0 to 1.

    Raises
    ------
    CoverageError
        If the ephemeris does not reach over the epochs.
    RequestError
        If the horizon does not hold for this height.
    """
    light = site_light(site, et, ephemeris=ephemeris)
    return light.sun_fraction(horizon, height, eclipses=eclipses)
