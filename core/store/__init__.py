"""What survives the process: one writer, the order journal, migrations, the instance lock."""
