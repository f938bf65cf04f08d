"""Run the commands of a Markdown guide, record what happened, and show it in the site."""
