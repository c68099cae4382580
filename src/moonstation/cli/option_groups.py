"""Groups of options that several commands share, added to a command by one decorator."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, get_type_hints

Command = Callable[..., int]


def with_options(
    name: str, options: Mapping[str, Any], read: Callable[..., Any]
) -> Callable[[Command], Command]:
    """Make a decorator that gives a command options and hands it what they say as one argument.

    Parameters
    ----------
    name : str
        The argument of the command that takes what `read` makes of the options.
    options : mapping
        Names of the options as `read` takes them, with their annotations. An option that is not given is None, a flag
        (annotated as bool alone) False.
    read : callable
        Turns what is said into the argument.
    """
    defaults = {key: False if _is_flag(option) else None for key, option in options.items()}

    def decorate(command: Command) -> Command:
        @wraps(command)
        def run(*args: Any, **kwargs: Any) -> int:
            said = {key: kwargs.pop(key, default) for key, default in defaults.items()}
            return command(*args, **{name: read(**said)}, **kwargs)

        own = inspect.signature(command)
        added = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=defaults[key], annotation=option)
            for key, option in options.items()
        ]
        kept = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in own.parameters.values()
            if parameter.name != name
        ]
        run.__signature__ = own.replace(parameters=[*kept, *added])  # type: ignore[attr-defined]
        hints = get_type_hints(command, include_extras=True)
        run.__annotations__ = {key: hint for key, hint in hints.items() if key != name} | dict(options)
        return run

    return decorate


def _is_flag(option: Any) -> bool:
    return getattr(option, "__origin__", None) is bool
