"""ListImages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.docker.interface import ListOptions

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench


def test_list_images_has_the_suite_s(contract_docker: DockerBench) -> None:
    reference = contract_docker.run.image

    images = contract_docker.docker.list_images(ListOptions())

    (found,) = [image for image in images if reference in (image["RepoTags"] or [])]
    assert found["Id"] == contract_docker.docker.inspect_image(reference)["Id"]
    assert found["Size"] > 0


def test_list_images_by_reference(contract_docker: DockerBench) -> None:
    reference = contract_docker.run.image

    images = contract_docker.docker.list_images(ListOptions(filters={"reference": [reference]}))

    assert [reference in (image["RepoTags"] or []) for image in images] == [True]


def test_list_images_has_a_pulled_one_until_it_is_removed(contract_docker: DockerBench) -> None:
    reference = contract_docker.pulled()

    def there() -> bool:
        images = contract_docker.docker.list_images(ListOptions(all=True))
        return any(reference in (image["RepoTags"] or []) for image in images)

    assert there()
    contract_docker.docker.remove_image(reference)
    assert not there()
