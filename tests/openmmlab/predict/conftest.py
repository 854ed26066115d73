"""What tests of predictions share."""

from tests.support.default_scope import scope_is_restored

__all__ = ["scope_is_restored"]
