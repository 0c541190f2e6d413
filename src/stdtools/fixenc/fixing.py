"""What --fix mends of what a policy finds: all that can be mended without asking."""

from stdtools.fixenc.checking import BEHIND_ASCII, BIDI, INVISIBLE, JOINERS, Policy
from stdtools.fixenc.coders import markless
from stdtools.fixenc.request import Request, Running
from stdtools.fixenc.rewriting import Intention, rewrite
from stdtools.shared.streams import open_input

_DROPPED = {"no-bidi": BIDI, "no-invisible": INVISIBLE}


def fix(path: str, policy: Policy, source: str, backup: str | None) -> bool:
    """Rewrite *path*, which is in the encoding *source*, so that it keeps *policy*; return whether it has changed.

    Raises ToolError where it cannot be.
    """
    with open_input(path) as file:
        request = Request(
            source=source,
            target=markless(policy.encoding, file).name,
            bom="strip" if "no-bom" in policy.rules else "keep",
            newlines="lf" if "lf" in policy.rules else "keep",
            normalize="NFC" if "nfc" in policy.rules else "",
            drop=_dropped(policy),
        )
        running = Running(request, file, sure=True)
        meant = Intention()
        running.converter.intended = meant.add
        return rewrite(path, running, lambda: policy.encoding, intention=lambda: meant, backup=backup)


def _dropped(policy: Policy) -> str:
    """Return a pattern of what *policy* has no room for, and of joiners that stand behind ASCII without it."""
    chars = "".join(chars for rule, chars in _DROPPED.items() if rule in policy.rules)
    if "no-invisible" in policy.rules:
        return f"{BEHIND_ASCII}[{chars}{JOINERS}]+|[{chars}]"
    return chars and f"[{chars}]"
