"""Contacts by looking once a second: plain NumPy, no tables, no roots."""

import numpy as np

from moonstation.constants import MOON_RADIUS, SPEED_OF_LIGHT
from moonstation.spacetime.earth import EarthRotation
from moonstation.spacetime.ephemerides import default_ephemeris


def runs(et, flag):
    """First and last epoch of each run of true values."""
    edges = np.diff(np.r_[False, flag, False].astype(int))
    return np.column_stack([et[np.flatnonzero(edges == 1)], et[np.flatnonzero(edges == -1) - 1]])


def turned(matrix, vector):
    return np.einsum("nij,nj->ni", matrix, np.broadcast_to(vector, (len(matrix), 3)))


def unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def station_icrf(station, et):
    """Place and zenith of a ground station, Moon-centred ICRF."""
    turn = EarthRotation().rotation_itrs_to_gcrs(et)
    return (
        default_ephemeris().position_icrf("earth", et) + turned(turn, station.r_itrs),
        turned(turn, station.zenith_itrs),
    )


def above_terrain(site, horizon, height, r_me):
    """Whether a target stands above the terrain, by its place in ME."""
    east, north, up = ((r_me - site.r_me(height)) @ site.enu_me.T).T
    azimuth = np.mod(np.arctan2(east, north), 2.0 * np.pi)
    return np.arctan2(up, np.hypot(east, north)) > horizon.at(azimuth, height=height)


def site_ground(site, horizon, height, station, et):
    r_station, zenith = station_icrf(station, et)
    light_time = np.zeros_like(et)
    for _ in range(3):
        me = default_ephemeris().rotation_icrf_to_me(et - light_time)
        r_site = turned(np.swapaxes(me, 1, 2), site.r_me(height))
        light_time = np.linalg.norm(r_station - r_site, axis=1) / SPEED_OF_LIGHT
    seen = above_terrain(site, horizon, height, turned(me, r_station))
    sine = np.sum(unit(r_site - r_station) * zenith, axis=1)
    return runs(et, seen & (sine > np.sin(np.radians(station.mask_deg))))


def site_orbiter(site, horizon, height, trajectory, et):
    me = default_ephemeris().rotation_icrf_to_me(et)
    return runs(et, above_terrain(site, horizon, height, turned(me, trajectory.position_icrf(et))))


def orbiter_ground(trajectory, station, et):
    r_station, zenith = station_icrf(station, et)
    light_time = np.zeros_like(et)
    for _ in range(4):
        r_orbiter = trajectory.position_icrf(et - light_time)
        light_time = np.linalg.norm(r_station - r_orbiter, axis=1) / SPEED_OF_LIGHT
    # The point of the path nearest to the Moon's centre, if it lies on the path at all.
    path = unit(r_station - r_orbiter)
    along = -np.sum(r_orbiter * path, axis=1)
    nearest = np.linalg.norm(r_orbiter + np.maximum(along, 0.0)[:, None] * path, axis=1)
    sine = -np.sum(path * zenith, axis=1)
    return runs(et, (nearest > MOON_RADIUS) & (sine > np.sin(np.radians(station.mask_deg))))


def orbiter_orbiter(sender, receiver, et):
    """Reception at the second: nearest point of the path to the Moon's centre, in ICRF, one second apart."""
    r_receiver = receiver.position_icrf(et)
    light_time = np.zeros_like(et)
    for _ in range(3):
        r_sender = sender.position_icrf(et - light_time)
        light_time = np.linalg.norm(r_receiver - r_sender, axis=1) / SPEED_OF_LIGHT
    path = r_receiver - r_sender
    share = np.clip(-np.sum(r_sender * path, axis=1) / np.sum(path * path, axis=1), 0.0, 1.0)
    return runs(et, np.linalg.norm(r_sender + share[:, None] * path, axis=1) > MOON_RADIUS)


def ground_orbiter(trajectory, station, et):
    """Reception at the orbiter: the station is where it was when the signal left it."""
    r_orbiter = trajectory.position_icrf(et)
    light_time = np.zeros_like(et)
    for _ in range(4):
        r_station, zenith = station_icrf(station, et - light_time)
        light_time = np.linalg.norm(r_station - r_orbiter, axis=1) / SPEED_OF_LIGHT
    path = unit(r_station - r_orbiter)
    along = -np.sum(r_orbiter * path, axis=1)
    nearest = np.linalg.norm(r_orbiter + np.maximum(along, 0.0)[:, None] * path, axis=1)
    sine = -np.sum(path * zenith, axis=1)
    return runs(et, (nearest > MOON_RADIUS) & (sine > np.sin(np.radians(station.mask_deg))))


def ground_site(site, horizon, height, station, et):
    """Reception at the site."""
    r_site = turned(np.swapaxes(default_ephemeris().rotation_icrf_to_me(et), 1, 2), site.r_me(height))
    light_time = np.zeros_like(et)
    for _ in range(3):
        r_station, zenith = station_icrf(station, et - light_time)
        light_time = np.linalg.norm(r_station - r_site, axis=1) / SPEED_OF_LIGHT
    me = default_ephemeris().rotation_icrf_to_me(et)
    seen = above_terrain(site, horizon, height, turned(me, r_station))
    sine = np.sum(unit(r_site - r_station) * zenith, axis=1)
    return runs(et, seen & (sine > np.sin(np.radians(station.mask_deg))))
