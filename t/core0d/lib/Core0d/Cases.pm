package Core0d::Cases;
sub run { 0 }
1;
