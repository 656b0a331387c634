"""Where the command begins: the compile cache is placed, errors become one line and an exit code."""

import sys

from stream.errors import RatestreamError

__all__ = ["main"]


def main() -> None:
    """Run the command line and exit."""
    from stream import compile_cache
    from stream.cli.app import run

    try:
        compile_cache.place()
        code = run(sys.argv[1:])
    except RatestreamError as error:
        sys.stderr.write(f"ratestream: {error}\n")
        code = error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        code = 0
    except KeyboardInterrupt:
        sys.stderr.write("ratestream: stopped; what was committed stands, run the same command again to go on\n")
        code = 130
    sys.exit(code)
