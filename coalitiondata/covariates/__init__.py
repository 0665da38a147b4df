"""Power and interests of coalitions at given days: the covariates of survival frames."""
