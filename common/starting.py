"""How Keras starts in a command."""

import contextlib
import ctypes
import logging
import os
import sys
import tempfile


def keep_memory():
    """Tell glibc's malloc to keep memory that is freed, for the next training step.

    Else every step may return its largest arrays to the system, and page by page gets
    them back zeroed. Other C libraries are left as they are.
    """
    trim_threshold, most_mapped = -1, -4  # of <malloc.h>
    with contextlib.suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(trim_threshold, 2**31 - 1)
        mallopt(most_mapped, 0)


@contextlib.contextmanager
def quiet():
    """Keep stderr back, also that of C++ code, and show it if an error is raised."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        except BaseException:
            aside.seek(0)
            os.write(kept, aside.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def import_keras():
    """Import Keras quietly.

    TensorFlow 2.21 writes log lines at import whatever TF_CPP_MIN_LOG_LEVEL says.
    """
    with quiet():
        import keras  # noqa: F401  slow, so never before the flags are checked
    # TensorFlow also advises to trace less often. Each model is traced once, but a
    # backtest or a comparison has many.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
