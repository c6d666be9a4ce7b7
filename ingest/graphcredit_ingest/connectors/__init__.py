"""CRM systems as sources: pages of records, kept on disk until a module is whole, then loaded like any file."""

from graphcredit_ingest.connectors.base import Connector, Page
from graphcredit_ingest.connectors.connect import CRMS, connect
from graphcredit_ingest.connectors.pull import PullReport, pull

__all__ = ["CRMS", "Connector", "Page", "PullReport", "connect", "pull"]
