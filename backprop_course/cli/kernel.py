"""A machine may hold kernels of other Pythons; this makes `python3` mean the one that runs the command."""

import os

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from traitlets import default

from backprop_course.course import clone_root

NAME = "python3"
QUIET = ["--IPKernelApp.log_level=ERROR"]  # a local kernel's warnings about encryption would alarm a reader


class OwnKernel(KernelSpecManager):
    """The list of kernels that `start`, `run` and `doctor` use: this interpreter, and no other.

    Kernels registered elsewhere, on the user's account or in `JUPYTER_PATH`, are not even looked at.
    """

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the one kernel, by name, with the folder of its icons."""
        return {NAME: RESOURCES}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return how the kernel is started. Raises NoSuchKernel for any name but `python3`."""
        if kernel_name != NAME:
            raise NoSuchKernel(kernel_name)
        return KernelSpec(resource_dir=RESOURCES, env=environment(), **get_kernel_dict(QUIET))


class OwnKernelManager(AsyncKernelManager):
    """Starts that kernel, for notebooks that are executed without a Jupyter server."""

    @default("kernel_spec_manager")
    def _own_kernel(self) -> OwnKernel:
        return OwnKernel(parent=self)


def environment() -> dict[str, str]:
    """Return what a kernel or a server needs to know: where this package lies, and to use one thread.

    The matrices of the lessons are small; sharing one among threads takes longer than multiplying it. Whoever
    has set the number of threads keeps it.
    """
    environment = {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")}
    root = clone_root()
    if root is not None:
        inherited = os.environ.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join([str(root), *([inherited] if inherited else [])])
    return environment
