"""The rules of the house: looked up, written, brought in and out."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from app.alerts.rules import Rule, parse, stored
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.shape import a_list, an_object
from app.storage.base_alerts import AlertStore, RuleRow

log = logging.getLogger(__name__)

MAX_RULES: Final = 1_000


class Rulebook:
    """Rules.

    Args:
        changed: asks for an evaluation soon.
    """

    def __init__(self, store: AlertStore, changed: Callable[[], object]) -> None:
        self._store = store
        self._changed = changed
        self._read: dict[tuple[int, int], Rule] = {}

    def all(self) -> list[Rule]:
        """All of them, by name; one that this version can't read is logged and left out."""
        found = {(row.id, row.version): self._rule(row) for row in self._store.rules()}
        self._read = {key: rule for key, rule in found.items() if rule is not None}
        return list(self._read.values())

    def get(self, rule_id: int) -> Rule:
        """One rule.

        Raises:
            NotFound: there is none of that id.
        """
        found = next((rule for rule in self.all() if rule.id == rule_id), None)
        if found is None:
            raise NotFound("There is no rule %(n)s", n=rule_id)
        return found

    def create(self, config: object) -> Rule:
        """Store a new one.

        Raises:
            InvalidInput: a field can't be used.
            Conflict: its name is taken.
        """
        rule = parse(config)
        self._require_room(1)
        return self._add(rule)

    def _add(self, rule: Rule) -> Rule:
        added = self._store.add_rule(RuleRow(name=rule.name, config=rule.config))
        if added is None:
            raise Conflict("There is a rule %(name)r already", name=rule.name)
        self._changed()
        return stored(added.config, added.id, added.version)

    def change(self, rule_id: int, config: object, version: int | None = None) -> Rule:
        """Put what was sent in its place; `version` is the one that was looked at, if whoever changes it says so.

        Raises:
            InvalidInput: a field can't be used.
            NotFound: there is none of that id.
            Conflict: its name is taken, or it has changed meanwhile.
        """
        rule, found = parse(config), self.get(rule_id)
        return self._put(rule, found, found.version if version is None else version)

    def _put(self, rule: Rule, found: Rule, version: int) -> Rule:
        row = RuleRow(name=rule.name, config=rule.config, version=found.version, id=found.id)
        changed = self._store.change_rule(row) if version == found.version else None
        if changed is None:
            raise Conflict("The rule %(name)r has changed meanwhile; look again", name=found.name)
        self._changed()
        return stored(changed.config, found.id, changed.version)

    def delete(self, rule_id: int) -> None:
        """Forget it; its incidents are over at the next evaluation.

        Raises:
            NotFound: there is none of that id.
        """
        if not self._store.delete_rule(rule_id):
            raise NotFound("There is no rule %(n)s", n=rule_id)
        self._changed()

    def take(self, configs: object) -> list[Rule]:
        """Take a list of rules, each in the place of the one of its name, if there is one.

        Raises:
            InvalidInput: a field can't be used, as in ``2.condition.operator``; then none is taken.
            Conflict: one of them has changed meanwhile.
        """
        given = a_list(configs, "", MAX_RULES)
        rules = [_parsed(config, f"{place}") for place, config in enumerate(given)]
        _require_unique(rules)
        known = {rule.name: rule for rule in self.all()}
        self._require_room(sum(rule.name not in known for rule in rules))
        taken = []
        for rule in rules:
            same = known.get(rule.name)
            taken.append(self._put(rule, same, same.version) if same else self._add(rule))
        return taken

    def _require_room(self, more: int) -> None:
        if len(self._store.rules()) + more > MAX_RULES:
            raise Conflict("There may be %(most)s rules at most", most=MAX_RULES)

    def _rule(self, row: RuleRow) -> Rule | None:
        known = self._read.get((row.id, row.version))
        if known is not None:
            return known
        try:
            return stored(row.config, row.id, row.version)
        except InvalidInput as error:
            log.warning("The rule %s can't be read: %s %s", row.name, error.field, error.detail)
            return None


def exported(rule: Rule) -> Mapping[str, Any]:
    """What `Rulebook.take` makes the same rule of."""
    return rule.config


def _parsed(config: object, place: str) -> Rule:
    try:
        return parse(an_object(config, ""))
    except InvalidInput as error:
        field = f"{place}.{error.field}" if error.field else place
        raise InvalidInput(error.said, field=field, code=error.code) from None


def _require_unique(rules: Sequence[Rule]) -> None:
    names: set[str] = set()
    for place, rule in enumerate(rules):
        if rule.name in names:
            raise InvalidInput("is the name of another one of the list, too", field=f"{place}.name")
        names.add(rule.name)
