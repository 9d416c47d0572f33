"""rkt's images, under the names that they have in their registries."""
