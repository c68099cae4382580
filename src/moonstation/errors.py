"""Errors that moonstation raises on purpose.

All derive from `MoonstationError` and from the builtin error that a caller would expect::

    MoonstationError
      StationFileError   (ValueError)  a station file or catalogue says something that cannot be used
      TimeError          (ValueError)  a time without scale, or one that cannot be read
      CoverageError      (ValueError)  a time or place that the data in use does not cover
      DataFileError      (OSError)     a data file that is missing, damaged or of another kind
      OrbitError         (ValueError)  an orbit that cannot be flown (under the ground, hyperbolic)
      OutputError        (OSError)     a result that could not be written; earlier results are untouched
      RequestError       (ValueError)  an argument or option that makes no sense

Each message is one line that names the file, key or value, what is wrong with it and the cure.
"""


class MoonstationError(Exception):
    """Root of all errors that moonstation raises on purpose."""


class StationFileError(MoonstationError, ValueError):
    """A station file or catalogue says something that cannot be used.

    Attributes
    ----------
    problems : list of str
        Every problem found, each one line that names the key and the cure.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class TimeError(MoonstationError, ValueError):
    """A time without a scale, or one that cannot be read."""


class CoverageError(MoonstationError, ValueError):
    """A time or a place that the data in use does not cover."""


class DataFileError(MoonstationError, OSError):
    """A data file that is missing, damaged or of another kind than it should be."""


class OrbitError(MoonstationError, ValueError):
    """An orbit that cannot be flown: under the ground, hyperbolic, or impacting."""


class OutputError(MoonstationError, OSError):
    """A result that could not be written; what was saved before is untouched."""


class RequestError(MoonstationError, ValueError):
    """An argument or an option that makes no sense, with the one that would."""
