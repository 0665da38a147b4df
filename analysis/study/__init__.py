"""The main study: how power and interests go together with the duration of coalitions."""
