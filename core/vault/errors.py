"""What can be wrong with a vault, each with what to do."""

from pathlib import Path

from core.errors import UserError


class VaultError(UserError):
    """Base of everything that a vault refuses."""


class NoVault(VaultError):
    """There is no file yet."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: there is no vault yet. Make one with: tezi secrets set NAME")


class WrongPassword(VaultError):
    """The password does not open it. An altered file that carries a right checksum looks the same, on purpose."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: the password is wrong, or the vault was altered. Try again, or put a backup back.")


class DamagedVault(VaultError):
    """The bytes are not those that were written."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path}: the vault is damaged ({what}). Put {path.name}.prev or a backup in its place.")


class NewerVault(VaultError):
    """Written by a later version of the program."""

    def __init__(self, path: Path, version: int) -> None:
        super().__init__(f"{path}: vault format {version} is newer than this program knows (1). Update Tezi.")


class ExposedVault(VaultError):
    """Others may read the file, or it is not what it should be."""

    def __init__(self, path: Path, what: str, remedy: str) -> None:
        super().__init__(f"{path}: {what}. {remedy}")


class VaultChanged(VaultError):
    """Somebody else wrote it since it was opened."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path}: the vault was changed by another program meanwhile. Open it again, then repeat.")


class VaultUnwritable(VaultError):
    """The disk refused. What stands there is whole: the old vault or, when only the last step failed, the new one."""

    def __init__(self, path: Path, why: OSError) -> None:
        super().__init__(
            f"{path}: cannot be written ({why.strerror or why}); what stands there is whole. Make room or "
            "mend the rights, then open it again."
        )


class RolledBack(VaultError):
    """An older vault was put back; nothing is written over it before the person has said that this is right."""

    def __init__(self, path: Path, words: str) -> None:
        super().__init__(f"{path}: {words}. If that is right, add --accept-older; else put the newer one back.")


class KeyringFailed(VaultError):
    """The system's keyring did not do what was asked."""

    def __init__(self, what: str) -> None:
        super().__init__(f"keyring: {what}. The vault still opens with its password.")
