"""Picture sets: the real loading code on small sets in torchvision's layouts, whole, partial, damaged or not there."""

import builtins
import gzip
import hashlib
import pickle
import struct
import sys

import numpy as np
import pytest
import torch

from coursekit import data, files
from coursekit.data import DataError, digits, load

PER_BATCH = 4


def random_pixels(*shape):
    return np.random.default_rng(len(shape)).integers(0, 256, shape, dtype=np.uint8)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path.name, hashlib.md5(content).hexdigest()


def cifar_batch(number, key="labels"):
    labels = [(number + i) % 10 for i in range(PER_BATCH)]
    pixels = np.full((PER_BATCH, 3072), number, np.uint8)
    pixels[:, 1024:2048] = 100  # the green plane
    return pickle.dumps({"data": pixels, key: labels})


def idx(array):
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}i", *array.shape) + array.tobytes()


@pytest.fixture
def cifar(tmp_path):
    """A whole CIFAR-10 of four pictures a batch; gives the root and its checksums."""
    folder = tmp_path / "cifar10" / "cifar-10-batches-py"
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    return tmp_path, dict(write(folder / name, cifar_batch(i)) for i, name in enumerate(names, 1))


@pytest.fixture(params=["mnist", "fashion_mnist"])
def mnist(request, tmp_path):
    """A whole MNIST or Fashion-MNIST, 6 training and 3 test pictures; gives its name, raw folder and checksums."""
    raw = tmp_path / request.param / {"mnist": "MNIST", "fashion_mnist": "FashionMNIST"}[request.param] / "raw"
    checksums = {}
    for part, n in (("train", 6), ("t10k", 3)):
        labels = np.arange(n, dtype=np.uint8)
        for name, array in (
            (f"{part}-images-idx3-ubyte.gz", random_pixels(n, 28, 28)),
            (f"{part}-labels-idx1-ubyte.gz", labels),
        ):
            checksums.update([write(raw / name, gzip.compress(idx(array)))])
    return request.param, raw, checksums


# -- whole sets ---------------------------------------------------------------------------------------------------


def test_cifar_is_read_in_order_and_normalised(cifar, capsys):
    root, checksums = cifar
    images, labels = load("cifar10", "train", root=root, checksums=checksums)
    assert images.shape == (20, 3, 32, 32) and images.dtype == torch.float32 and labels.dtype == torch.int64
    assert labels[:5].tolist() == [1, 2, 3, 4, 2]
    assert images[4, 0, 0, 0] == pytest.approx((2 / 255 - 0.5) / 0.25)  # red: the number of the batch
    assert images[0, 1].unique().tolist() == pytest.approx([(100 / 255 - 0.5) / 0.25])
    assert capsys.readouterr().out == ""


def test_the_test_split_is_another(cifar):
    root, checksums = cifar
    images, labels = load("cifar10", "test", root=root, checksums=checksums)
    assert len(images) == 4 and labels.tolist() == [6, 7, 8, 9]


def test_n_takes_the_first_pictures(cifar):
    root, checksums = cifar
    images, labels = load("cifar10", n=6, root=root, checksums=checksums)
    assert len(images) == len(labels) == 6


def test_cifar100_has_fine_labels(tmp_path):
    folder = tmp_path / "cifar100" / "cifar-100-python"
    checksums = dict(
        [write(folder / "train", cifar_batch(3, "fine_labels")), write(folder / "test", cifar_batch(4, "fine_labels"))]
    )
    images, labels = load("cifar100", root=tmp_path, checksums=checksums)
    assert len(images) == 4 and labels.tolist() == [3, 4, 5, 6]


def test_mnist_is_read_packed(mnist, tmp_path):
    name, _, checksums = mnist
    images, labels = load(name, root=tmp_path, checksums=checksums)
    expected = torch.from_numpy(random_pixels(6, 28, 28)).float()
    assert images.shape == (6, 1, 28, 28) and labels.tolist() == [0, 1, 2, 3, 4, 5]
    assert torch.allclose(images[:, 0] / 4 + 0.5, expected / 255, atol=1e-6)
    assert len(load(name, "test", root=tmp_path, checksums=checksums)[0]) == 3


def test_mnist_is_read_unpacked(mnist, tmp_path):
    name, raw, checksums = mnist
    packed = load(name, root=tmp_path, checksums=checksums)
    for path in list(raw.glob("*.gz")):
        path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
        path.unlink()
    unpacked = load(name, root=tmp_path)
    assert torch.equal(packed[0], unpacked[0]) and torch.equal(packed[1], unpacked[1])


def test_the_folder_is_course_data(cifar, monkeypatch):
    root, checksums = cifar
    monkeypatch.setenv("COURSE_DATA", str(root))
    assert len(load("cifar10", checksums=checksums)[0]) == 20


@pytest.mark.parametrize(
    "platform, variables, end",
    [
        ("linux", {}, "home/.local/share/convnet-course"),
        ("linux", {"XDG_DATA_HOME": "/somewhere"}, "/somewhere/convnet-course"),
        ("linux", {"COURSE_DATA": "~/sets"}, "home/sets"),
        ("darwin", {}, "home/Library/Application Support/convnet-course"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/convnet-course"),
    ],
)
def test_where_the_folder_is_otherwise(platform, variables, end, monkeypatch, tmp_path):
    for name in ("COURSE_DATA", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": str(tmp_path / "home"), **variables}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert data.data_folder().as_posix().endswith(end)


# -- what is missing ----------------------------------------------------------------------------------------------

STAND_INS = {
    "cifar10": ((3, 32, 32), "CIFAR-10", "7 procedural shapes instead"),
    "cifar100": ((3, 32, 32), "CIFAR-100", "7 procedural shapes (10 classes) instead"),
    "mnist": ((1, 28, 28), "MNIST", "7 of scikit-learn's digits, enlarged, instead"),
    "fashion_mnist": ((1, 28, 28), "Fashion-MNIST", "7 grey procedural shapes instead"),
}


@pytest.mark.parametrize("name", data.SETS)
@pytest.mark.parametrize("split", ["train", "test"])
def test_a_set_that_is_not_there_is_replaced_with_a_notice(name, split, tmp_path, capsys):
    shape, title, instead = STAND_INS[name]
    images, labels = load(name, split, n=7, root=tmp_path)
    assert images.shape == (7, *shape) and images.dtype == torch.float32
    assert labels.shape == (7,) and labels.dtype == torch.int64
    assert -2 <= images.min() and images.max() <= 2 and images.std() > 0.3
    notice = capsys.readouterr().out
    assert notice.count("\n") == 1
    assert notice.startswith(f"{title} is not in {tmp_path / name}; using {instead}. To use it: ")


def test_two_thousand_pictures_stand_in_unless_n_says_otherwise(tmp_path, capsys):
    assert len(load("cifar10", root=tmp_path)[0]) == 2000
    assert "using 2 000 procedural shapes" in capsys.readouterr().out
    assert len(load("mnist", root=tmp_path)[0]) == 1500  # as many as there are
    assert "using 1 500 of" in capsys.readouterr().out


def test_training_and_test_stand_ins_differ(tmp_path):
    assert not torch.equal(load("cifar10", "train", 5, root=tmp_path)[0], load("cifar10", "test", 5, root=tmp_path)[0])


def test_an_empty_folder_is_as_none(tmp_path, capsys):
    (tmp_path / "cifar10" / "cifar-10-batches-py").mkdir(parents=True)
    load("cifar10", n=3, root=tmp_path)
    assert "is not in" in capsys.readouterr().out


def test_some_batches_of_cifar_are_used_with_a_notice(cifar, capsys):
    root, checksums = cifar
    for number in (2, 5):
        (root / "cifar10" / "cifar-10-batches-py" / f"data_batch_{number}").unlink()
    images, labels = load("cifar10", root=root, checksums=checksums)
    assert len(images) == 12 and labels[:8].tolist() == [1, 2, 3, 4, 3, 4, 5, 6]
    assert capsys.readouterr().out == (
        f"CIFAR-10 in {root / 'cifar10'} lacks cifar-10-batches-py/data_batch_2, cifar-10-batches-py/data_batch_5; "
        "using the 12 train pictures that are there.\n"
    )


def test_a_set_without_any_file_of_the_split_is_refused(cifar):
    root, checksums = cifar
    (root / "cifar10" / "cifar-10-batches-py" / "test_batch").unlink()
    with pytest.raises(DataError, match="has no test pictures: put cifar-10-batches-py/test_batch there"):
        load("cifar10", "test", root=root, checksums=checksums)


def test_pictures_without_labels_are_refused(mnist, tmp_path):
    name, raw, checksums = mnist
    (raw / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match="train-labels-idx1-ubyte.gz is missing"):
        load(name, root=tmp_path, checksums=checksums)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="'cifra10'; the sets are cifar10, cifar100, mnist, fashion_mnist"):
        load("cifra10")
    with pytest.raises(ValueError, match="'val'; the splits are train, test"):
        load("cifar10", "val")


# -- what is damaged ----------------------------------------------------------------------------------------------


def test_published_checksums_are_compared(cifar):
    with pytest.raises(DataError, match="data_batch_1 is damaged .* delete it and download the set again"):
        load("cifar10", root=cifar[0])


def test_nothing_is_unpickled_before_its_checksum_is_right(cifar):
    root, checksums = cifar
    (root / "cifar10" / "cifar-10-batches-py" / "data_batch_3").write_bytes(
        b"cos\nabort\n(tR."
    )  # would end this process
    with pytest.raises(DataError, match="data_batch_3 is damaged"):
        load("cifar10", root=root, checksums=checksums)


def test_a_damaged_packed_file_is_named(mnist, tmp_path):
    name, raw, checksums = mnist
    path = raw / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-9])
    assert len(load(name, "train", root=tmp_path, checksums=checksums)[0]) == 6
    with pytest.raises(DataError, match=f"{path} is damaged"):
        load(name, "test", root=tmp_path, checksums=checksums)


@pytest.mark.parametrize(
    "content",
    [b"", b"\0\0", b"<html>not found</html>", idx(random_pixels(6, 28, 28))[:-1], idx(random_pixels(6, 28)),
     b"\0\0\x08\x00", b"\0\0\x08\x03" + b"\xff" * 12, b"\0\0\x08\x02" + b"\x7f" * 8],
)  # fmt: skip
def test_a_damaged_unpacked_file_is_named(content, mnist, tmp_path):
    name, raw, checksums = mnist
    path = raw / "train-images-idx3-ubyte"
    path.with_suffix(".gz").unlink()
    path.write_bytes(content)
    with pytest.raises(DataError, match="is damaged"):
        load(name, root=tmp_path, checksums=checksums)


def test_an_unreadable_file_is_named(cifar, monkeypatch):
    root, checksums = cifar

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(DataError, match=r"data_batch_1 cannot be read \(Permission denied\)"):
        load("cifar10", root=root, checksums=checksums)


# -- status, verify, download -------------------------------------------------------------------------------------


def states(root, checksums):
    return {row.name: (row.state, row.pictures) for row in data.status(root, checksums)}


def test_status_has_a_row_a_set(cifar):
    root, checksums = cifar
    assert states(root, checksums) == {
        "cifar10": ("present", 24), "cifar100": ("absent", 0), "mnist": ("absent", 0), "fashion_mnist": ("absent", 0),
    }  # fmt: skip
    (root / "cifar10" / "cifar-10-batches-py" / "test_batch").unlink()
    assert states(root, checksums)["cifar10"] == ("partial", 20)
    assert states(root, {})["cifar10"] == ("damaged", 0)


def test_verify_gives_the_row_or_says_what_is_wrong(cifar):
    root, checksums = cifar
    assert data.verify("cifar10", root, checksums).pictures == 24
    with pytest.raises(DataError, match="data_batch_1 is damaged"):
        data.verify("cifar10", root)
    with pytest.raises(DataError, match=r'MNIST is not in .*: coursekit.data.download\("mnist"\) fetches it'):
        data.verify("mnist", root)


@pytest.mark.parametrize(
    "error", [OSError("<urlopen error unreachable>"), RuntimeError("Error downloading x:\nno mirror.")]
)
def test_a_failed_download_is_one_sentence(error, tmp_path, monkeypatch):
    import torchvision.datasets

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(torchvision.datasets.MNIST, "download", fail)
    with pytest.raises(
        DataError, match=r"MNIST could not be downloaded into .*mnist \((<urlopen.*>|no mirror)\): "
    ) as caught:
        data.download("mnist", tmp_path)
    assert "\n" not in str(caught.value)


def test_a_download_is_verified(cifar, monkeypatch):
    import torchvision.datasets

    monkeypatch.setattr(torchvision.datasets.CIFAR10, "__init__", lambda *_, **__: None)
    with pytest.raises(DataError, match="is damaged"):  # the small set has other checksums than the published ones
        data.download("cifar10", cifar[0])


# -- progress -----------------------------------------------------------------------------------------------------


def test_large_sets_show_progress(cifar, monkeypatch):
    monkeypatch.setattr(files, "SLOW", 0)
    root, checksums = cifar
    assert len(load("cifar10", root=root, checksums=checksums)[0]) == 20


def test_progress_without_rich_is_plain(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with files.progress("CIFAR-10, train", 100 << 20) as advance:
        for _ in range(100):
            advance(1 << 20)
    shown = capsys.readouterr().err
    assert shown.startswith("\rCIFAR-10, train: 10 %") and shown.endswith("100 %\n") and shown.count("\r") == 10


def test_small_sets_are_silent(capsys):
    with files.progress("MNIST", 1000) as advance:
        advance(1000)
    assert capsys.readouterr().err == ""


# -- digits -------------------------------------------------------------------------------------------------------


def test_digits():
    train, test = digits(), digits("test")
    assert train[0].shape == (1500, 1, 8, 8) and test[0].shape == (297, 1, 8, 8)
    assert train[0].dtype == torch.float32 and train[1].dtype == torch.int64
    assert train[1][:10].tolist() == list(range(10))
    assert abs(train[0].mean()) < 0.05 and abs(train[0].std() - 1) < 0.05
    with pytest.raises(ValueError, match="'validation'"):
        digits("validation")


def test_torchvision_is_imported_only_for_sets_that_are_there(tmp_path, monkeypatch):
    real = builtins.__import__

    def no_torchvision(name, *args, **kwargs):
        assert not name.startswith("torchvision")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", no_torchvision)
    load("cifar10", n=2, root=tmp_path)
