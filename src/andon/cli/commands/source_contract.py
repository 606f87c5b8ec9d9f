"""`andon source contract`: draft a data contract from what is served."""

from __future__ import annotations

import click

from andon.cli.session import Session, global_options


@click.command("contract")
@click.argument("name")
@click.option("--write", is_flag=True, help="Write it to contracts/NAME.odcs.yaml.")
@click.option("--replace", is_flag=True, help="With --write: also over a contract that is there.")
@global_options
@click.pass_obj
def command(session: Session, name: str, write: bool, replace: bool) -> int:
    """Draft the data contract of a source from what is served.

    NAME is a source (`shop`) or one table of it (`shop.orders`). The contract is YAML by the Open
    Data Contract Standard: columns with their types, which ones are never null, keys, and rules. No
    values of rows are in it but words that come often in columns of codes.
    """
    with session.open() as project:
        made = project.sources.contracts(name, write=write, replace=replace)
    if session.is_machine:
        tables = [
            {"table": one.table, "path": one.path, "text": one.text, "written": one.is_written}
            for one in made
        ]
        session.document("source contract", {"contracts": tables})
        return 0
    if write:
        for one in made:
            session.say(f"wrote {one.path}")
        session.say(f"once it is right, write below the table: contract: {made[0].path}")
        return 0
    for at, one in enumerate(made):
        if at:
            session.data("---")
        session.data(one.text.rstrip("\n").splitlines())
    return 0
