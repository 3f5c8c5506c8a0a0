import asyncio
import gzip
import hashlib
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

# Not mimetypes.guess_type: that reads the tables of the machine, and a browser runs no module or worker
# that arrives as text/plain.
MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".ttf": "font/ttf",
}


class AssetBundle:
    """The built files of one folder, served under a version that changes whenever any of their bytes do.

    `version` is 16 hex digits of a SHA-256 over all names and contents. It stands in the path, so the files
    keep plain names in git and may still be cached for good. Compressed copies are made on first request
    and kept in memory: about a quarter of the folder's size once every file has been asked for.

    Raises `RuntimeError` when the folder has no build in it.
    """

    def __init__(self, directory: Path) -> None:
        self._files = {file.name: file for file in sorted(directory.glob("*")) if file.suffix in MEDIA_TYPES}
        if "main.js" not in self._files:
            raise RuntimeError(
                f"No build of GraphiQL in {directory}: see the README.md beside it to make one."
            )
        digest = hashlib.sha256()
        for name, file in self._files.items():
            digest.update(f"{name}\0{file.stat().st_size}\0".encode())
            digest.update(file.read_bytes())
        self.version = digest.hexdigest()[:16]
        self._compressed: dict[str, bytes] = {}

    async def serve(self, request: Request) -> Response:
        """Answers `{version}/{name}`; 404 for any other version, so that no cache mixes two builds.

        The policy is for the workers, which take it from their own response and not from the page's.
        """
        file = self._files.get(request.path_params["name"])
        if file is None or request.path_params["version"] != self.version:
            raise HTTPException(404, "There is no such file in this build. Reload the page.")
        headers = {
            "cache-control": "public, max-age=31536000, immutable",
            "content-security-policy": "default-src 'self'",
            "content-type": MEDIA_TYPES[file.suffix],
            "vary": "accept-encoding",
            "x-content-type-options": "nosniff",
        }
        if not _accepts_gzip(request.headers.get("accept-encoding", "")):
            return FileResponse(file, headers=headers)
        body = self._compressed.get(file.name)
        if body is None:
            # The largest file takes a good tenth of a second, which is too long for the event loop.
            body = await asyncio.to_thread(_compress, file)
            self._compressed[file.name] = body
        return Response(body, headers=headers | {"content-encoding": "gzip"})


def _compress(file: Path) -> bytes:
    return gzip.compress(file.read_bytes(), compresslevel=6, mtime=0)


def _accepts_gzip(accept_encoding: str) -> bool:
    for coding in accept_encoding.lower().split(","):
        name, _, parameter = coding.partition(";")
        if name.strip() == "gzip":
            return parameter.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
