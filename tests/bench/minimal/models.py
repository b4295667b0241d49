"""Two tables; tests/bench/filing.py makes them."""

from django.db import models


class Order(models.Model):
    name = models.CharField(max_length=100)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "minimal"

    def __str__(self):
        return self.name


class Line(models.Model):
    order = models.ForeignKey(Order, models.PROTECT)
    amount = models.DecimalField(max_digits=11, decimal_places=2)

    class Meta:
        app_label = "minimal"

    def __str__(self):
        return str(self.amount)
