"""The name of a file of `deploy/` → where it lies, in a checkout or beside an installed package."""

from pathlib import Path

from fruits.errors import CloudError


def deploy_file(name: str) -> Path:
    """Return a file of `deploy/`: templates, and what runs on the nodes of a cluster.

    Raises CloudError inside of a package, which leaves them out.
    """
    here = Path(__file__)
    for folder in (here.with_name("deploy"), here.parents[3] / "deploy"):
        if (folder / name).is_file():
            return folder / name
    raise CloudError(
        f"{name} is neither in {here.with_name('deploy')} nor in {here.parents[3] / 'deploy'}: "
        "fruits must be installed whole, as a wheel or from its repository"
    )
