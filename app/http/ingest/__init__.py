"""POST /ingest: songs as a stream of JSON lines, answered by a stream of what is stored."""

from app.http.ingest.routes import ingest_routes

__all__ = ["ingest_routes"]
