"""Words of the Open Data Contract Standard, v3: keys of a contract, and types that it knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ROOT_KEYS: Final = frozenset(
    """
    version kind apiVersion id name tenant tags status servers dataProduct description domain context
    schema support price team roles slaDefaultElement slaProperties authoritativeDefinitions
    customProperties contractCreatedTs
    """.split()
)
REQUIRED_KEYS: Final = ("version", "apiVersion", "kind", "id")
_ELEMENT_KEYS: Final = frozenset(
    """
    id name physicalType description businessName deprecated synonyms authoritativeDefinitions tags
    customProperties
    """.split()
)
OBJECT_KEYS: Final = _ELEMENT_KEYS | frozenset(
    """
    logicalType physicalName dataGranularityDescription properties relationships quality context
    """.split()
)
PROPERTY_KEYS: Final = _ELEMENT_KEYS | frozenset(
    """
    primaryKey primaryKeyPosition logicalType logicalTypeOptions physicalName required unique
    semanticType partitioned partitionKeyPosition classification encryptedName transformSourceObjects
    transformLogic transformDescription examples enum criticalDataElement relationships quality
    properties items map
    """.split()
)
TYPES: Final[Mapping[str, str]] = {
    "string": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "time": "TIME",
    "number": "DOUBLE",
    "integer": "BIGINT",
    "boolean": "BOOLEAN",
    "object": "JSON",
    "map": "JSON",
    "vector": "DOUBLE[]",
    "array": "JSON",
}
"""Type of a property by its logical type, where it has no physical type that the engine knows."""
