"""Forecasting: reads a window of a time series and says how it goes on."""
