"""topics create, topics check, broker: what the stream stands on."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stream.cli.console import Json, Quiet, WorkspaceDir, emit, note, printer

if TYPE_CHECKING:
    from types import FrameType

    from stream.kafka.admin import Difference

__all__ = ["register"]

Replication = Annotated[
    int | None,
    typer.Option("--replication", min=1, help="Replicas of a partition (default 3, or as many as there are brokers)."),
]
Timeout = Annotated[float, typer.Option("--timeout", min=0.1, metavar="SECONDS", help="How long the broker may take.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    topics = typer.Typer(help="The topics on the broker that kafka.bootstrap names.", no_args_is_help=True)
    topics.command("create")(topics_create)
    topics.command("check")(topics_check)
    app.add_typer(topics, name="topics")
    app.command("broker")(broker)


def topics_create(
    workspace: WorkspaceDir = None, replication: Replication = None, timeout: Timeout = 30.0, as_json: Json = False
) -> None:
    """Make the topics that are missing; say which were made, which were there, and how these differ."""
    from stream.kafka.admin import create_topics
    from stream.workspace.settings import find_workspace, read_settings

    done = create_topics(read_settings(find_workspace(workspace)), replication=replication, timeout_s=timeout)
    if as_json:
        emit({"made": done.made, "there": done.there, "differences": [_document(d) for d in done.differences]})
    else:
        from stream.cli.topics_render import render_created

        render_created(done, printer())
    if done.differences:
        raise typer.Exit(1)


def topics_check(
    workspace: WorkspaceDir = None, replication: Replication = None, timeout: Timeout = 10.0, as_json: Json = False
) -> None:
    """Compare the topics with what they ought to be; each difference is named, and exits with 1."""
    from stream.kafka.admin import check_topics
    from stream.workspace.settings import find_workspace, read_settings

    done = check_topics(read_settings(find_workspace(workspace)), replication=replication, timeout_s=timeout)
    if as_json:
        emit({"brokers": done.brokers, "topics": done.topics, "differences": [_document(d) for d in done.differences]})
    else:
        from stream.cli.topics_render import render_checked

        render_checked(done, printer())
    if done.differences:
        raise typer.Exit(1)


def broker(
    nodes: Annotated[int, typer.Option("--nodes", min=1, help="Nodes, each broker and controller.")] = 1,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65_535, help="The first node's, the others' follow; 0: free ones.")
    ] = 9092,
    folder: Annotated[
        Path | None, typer.Option("--folder", metavar="DIR", help="Keep data there (default: gone when it stops).")
    ] = None,
    heap: Annotated[int, typer.Option("--heap", min=128, metavar="MIB", help="Java's heap of each node.")] = 512,
    quiet: Quiet = False,
) -> None:
    """Run a Kafka broker on this machine's loopback, for development: no Docker, but Java and, once, Maven.

    Prints the address once it answers, and stops at Ctrl-C or when it is terminated.
    """
    from stream.kafka.broker import Setup, start_cluster

    def say(text: str) -> None:
        note(text, quiet=quiet)

    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with start_cluster(Setup(nodes=nodes, port=port or None, folder=folder, heap_mb=heap), say) as cluster:
            typer.echo(cluster.bootstrap)
            say(f"{nodes} node{'s' * (nodes > 1)} in {cluster.folder}; Ctrl-C stops")
            cluster.serve()
    except KeyboardInterrupt:  # the way in which it is meant to end
        say("stopped")


def _interrupt(_number: int, _frame: "FrameType | None") -> None:
    raise KeyboardInterrupt


def _document(difference: "Difference") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(difference)
