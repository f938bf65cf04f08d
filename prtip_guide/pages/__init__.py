"""What stands in a page: fences, their options, and the front matter. Text only; runs nothing."""
