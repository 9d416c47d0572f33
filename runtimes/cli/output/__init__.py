"""What commands print: tables for people, JSON and YAML for programs."""
