"""What the host offers a plugin, whatever stream it works for."""

import logging
import time
from typing import TYPE_CHECKING, Dict, Optional

from vitrine.v1 import plugins_pb2

from .errors import Code, PluginError

if TYPE_CHECKING:
    from .worker import Worker

_LEVELS = {"debug": 0, "info": 1, "warning": 2, "error": 3}


class Host:
    """Options, models' files, clock, log and counters."""

    def __init__(self, worker: "Worker", request: plugins_pb2.StartRequest) -> None:
        self._worker = worker
        self._options: Dict[str, str] = {option.key: option.value for option in request.options}
        self._models: Dict[str, str] = {model.name: model.path for model in request.models}
        self._offset_us = request.now_us - time.monotonic_ns() // 1000
        #: Lines written here stand in the server's log, under the plugin's name.
        self.logger = logging.Logger("vitrine")
        self.logger.addHandler(_HostHandler(self))

    def option(self, key: str) -> Optional[str]:
        """The value of an option of the manifest, its default included; None when the manifest has no such option."""
        return self._options.get(key)

    def model_path(self, name: str) -> str:
        """A model's file, for vocabularies and tables that lie beside it. Raises PluginError when the manifest names no such model."""
        if name not in self._models:
            raise PluginError(Code.NOT_FOUND, f"the manifest names no model \"{name}\"")
        return self._models[name]

    @property
    def now_us(self) -> int:
        """The host's clock, microseconds. The only clock a plugin may use."""
        return time.monotonic_ns() // 1000 + self._offset_us

    def log(self, level: str, message: str) -> None:
        """A line of the server's log: level "debug", "info", "warning" or "error"."""
        self._worker.log(_LEVELS[level], message)

    def count(self, metric: str, amount: float = 1) -> None:
        """Adds to a counter (lower case, digits and '_'); the server's metrics show it with the plugin's name."""
        self._worker.count(metric, amount)

    def poll(self) -> None:
        """Answers the host if it asks for a sign of life. Call it now and then in work that takes seconds."""
        self._worker.poll()


class _HostHandler(logging.Handler):
    """Python's log records as lines of the server's log."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host

    def emit(self, record: logging.LogRecord) -> None:
        level = "error" if record.levelno >= 40 else "warning" if record.levelno >= 30 else "info" if record.levelno >= 20 else "debug"
        self._host.log(level, self.format(record))
