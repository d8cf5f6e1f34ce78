int saga_core_placeholder;
