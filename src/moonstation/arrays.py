"""Array types used in signatures across the rooms."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]
TimeArray: TypeAlias = NDArray[np.datetime64]
AnyArray: TypeAlias = NDArray[Any]
