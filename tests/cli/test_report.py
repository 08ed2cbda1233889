from __future__ import annotations

import sys
from pathlib import Path

import pytest

import maju
from cli.fixtures import Maju
from experiments.report.fakes import done, failed, missing, save, study
from maju.experiments.data import DataChoice, load


def test_the_report_is_written_and_summed_up(cli: Maju, tmp_path: Path) -> None:
    save(tmp_path, study(done("a"), failed("b", units=(2,)), missing("c", units=(3,))))
    result = cli("report", tmp_path)
    assert result.code == 0
    assert result.stdout.splitlines() == [
        str(tmp_path / "report.html"),
        str(tmp_path / "report.md"),
        str(tmp_path / "results.csv"),
        f"{tmp_path / 'plots'} (4 plots)",
        "3 rows: 1 finished, 1 failed, 1 not run yet. From scratch equals Keras: all 150 labels agree, and "
        "no probability differs by more than 2.5×10⁻⁷ (the bound is 1.0×10⁻⁵).",
    ]
    assert (tmp_path / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_in_indonesian_into_a_file(cli: Maju, tmp_path: Path) -> None:
    save(tmp_path / "results", study(missing()))
    out = tmp_path / "laporan.html"
    assert cli("report", tmp_path / "results", "--lang", "id", "--out", out).code == 0
    assert '<html lang="id">' in out.read_text()
    assert not (tmp_path / "results" / "report.html").exists()


def test_a_folder_without_results(cli: Maju, tmp_path: Path) -> None:
    assert cli("report", tmp_path).error == (
        f"{tmp_path} holds no results of `maju reproduce`: its folder studies is missing or empty"
    )


def test_models_without_a_page_are_counted(
    cli: Maju, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(judged: object, language: object) -> list[object]:
        return []

    monkeypatch.setattr("maju.experiments.report.model_pages.draw_pictures", draw)
    data = DataChoice(name="sentences")
    there, gone = done("a", data=data), done("b", data=data, units=(2,))
    save(tmp_path, study(there, gone, missing("c", units=(3,))))
    (experiment,) = there.row.experiments()
    model = experiment.architecture.build(load(data), maju)
    model.save(tmp_path / "runs" / f"{experiment.name}.keras")
    result = cli("report", tmp_path, "--models", "--data-dir", tmp_path)
    assert result.code == 0
    assert f"{tmp_path / 'models'} (1 page)" in result.stdout.splitlines()
    assert (tmp_path / "models" / "mine.a.html").is_file()
    assert result.stderr == f"note: 1 model without a page: the model's file is not in {tmp_path / 'runs'}\n"


def test_data_are_for_models_alone(cli: Maju, tmp_path: Path) -> None:
    assert "only --models needs data" in cli("report", tmp_path, "--data-dir", tmp_path).stderr


def test_a_damaged_result(cli: Maju, tmp_path: Path) -> None:
    save(tmp_path, study(done()))
    (path,) = (tmp_path / "runs").glob("*.result.json")
    path.write_text("{}")
    assert cli("report", tmp_path).error.startswith(f"{path} cannot be read; remove it to train anew (")


def test_a_language_that_there_is_not(cli: Maju, tmp_path: Path) -> None:
    assert "'fr' is not one of 'en', 'id'" in cli("report", tmp_path, "--lang", "fr").error


@pytest.mark.parametrize("package", ["jinja2", "matplotlib", "filelock"])
def test_without_what_it_needs_one_line_names_the_extra(
    cli: Maju, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    result = cli("report", tmp_path)
    assert result.error == "maju report needs more than maju's core: pip install 'maju[experiments]'"
