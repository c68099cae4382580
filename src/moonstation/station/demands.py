"""What is asked of the ground antennas: the tables ``[[demand]]`` and ``[[share]]`` of a station file."""

from pydantic import Field, model_validator

from moonstation.station.part import Part
from moonstation.station.vocabulary import Count, Data, Duration, Id, Name, Wait


class Demand(Part):
    """Data or hours that a site or an orbiter wants to send to the Earth again and again."""

    from_: Id = Field(alias="from", description="Site or orbiter that sends, by id; one demand each.")
    partner: Name = Field(
        default="", description="Partner that it counts for in shares; that of the orbiter if not given."
    )
    priority: Count = Field(
        default=1, ge=1, le=1000, description="Value of a day on which all of it is served, against others."
    )
    data: Data | None = Field(default=None, description="Data asked for in each period.")
    time: Duration | None = Field(
        default=None, description="Time on the air asked for in each period, instead."
    )
    per: Duration = Field(default=86_400.0, description="The period, counted from the start of the plan.")
    least_pass: Duration | None = Field(
        default=None, description="Passes shorter than this are of no use to it."
    )

    @model_validator(mode="after")
    def _one_amount(self) -> "Demand":
        if (self.data is None) == (self.time is None):
            raise ValueError('asks for data or for time, one of them, as in data = "500 Gbit"')
        if not (self.data or self.time):
            raise ValueError('asks for nothing; give more than zero, as in data = "500 Gbit"')
        if self.time is not None and self.time > self.per:
            raise ValueError("asks for more time than its period has; give less time or a longer per")
        return self


class AntennaShare(Part):
    """Antenna time that one partner has agreed to give another."""

    giver: Name = Field(description="Partner whose ground antennas listen.")
    getter: Name = Field(description="Partner whose sites and orbiters are listened to.")
    at_least: Duration | None = Field(
        default=None, description="Time on the air that it gives in each period."
    )
    at_most: Wait | None = Field(default=None, description="Time on the air beyond which it gives none.")
    per: Duration = Field(default=7 * 86_400.0, description="The period, counted from the start of the plan.")

    @model_validator(mode="after")
    def _agree(self) -> "AntennaShare":
        if self.at_least is None and self.at_most is None:
            raise ValueError("agrees on nothing; give at_least, at_most or both")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError("at_least is above at_most, which no plan can keep; exchange them")
        return self
