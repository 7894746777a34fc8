// Filled by the first steps.
