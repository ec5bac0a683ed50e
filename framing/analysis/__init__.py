"""What a format promises before a byte is sent: chances of false frames and unseen errors, stalls, overhead, weak choices."""
